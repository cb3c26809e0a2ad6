#!/usr/bin/perl
# Minion's lists for bench/lists, on its SQLite backend behind a Mojolicious front; as lists.mjs.
# usage: lists.pl FILE daemon -l URL   serves
#        lists.pl FILE fill LINES      fills it from the lines of a file
use Mojolicious::Lite -signatures;
use Minion;

my $file   = shift @ARGV;
my %states = (WAITING => 'inactive', RUNNING => 'active', FAILED => 'failed', COMPLETED => 'finished', DELETED => 'finished');
my $minion = Minion->new(SQLite => "sqlite:$file");

get '/jobs' => sub ($c) {
    return $c->render(text => '', status => 501) if defined $c->param('name');
    my $skip = 10 * ($c->param('page') - 1);
    $c->render(json => $minion->backend->list_jobs($skip, 10, {states => [$states{$c->param('state')}]}));
};
get '/counts' => sub ($c) { $c->render(json => $minion->stats) };

# One statement a job, in one transaction: enqueue syncs each.
sub fill ($lines) {
    my $db     = $minion->backend->sqlite->db;
    my $insert = $db->dbh->prepare('insert into minion_jobs (args, created, delayed, started, finished, priority, state, task)'
          . " values (?, datetime(?, 'unixepoch'), datetime(?, 'unixepoch'), datetime(?, 'unixepoch'), datetime(?, 'unixepoch'), 0, ?, ?)");
    my $tx = $db->begin;
    open my $in, '<', $lines or die "$lines: $!";
    while (my $line = <$in>) {
        chomp $line;
        my ($number, $id, $name, $type, $user, $state, $result, @times) = split /\t/, $line;
        my ($created, $started, $ended) = map { $_ eq '\N' ? undef : $_ / 1000 } @times;
        $insert->execute(qq(["$id","$name","$user"]), $created, $created, $started, $ended, $states{$state}, $type);
    }
    $tx->commit;
}

if (($ARGV[0] // '') eq 'fill') { fill($ARGV[1]) }
else                            { app->log->level('fatal'); app->start }
