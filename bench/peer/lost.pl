#!/usr/bin/perl
# Minion's worker to be killed, and who sees its job wait again; as lost.mjs, less the system.
use Mojo::Base -strict;
use Minion;
use Time::HiRes qw(sleep);

my ($role, $file, $seconds, $id) = @ARGV;
my $minion = Minion->new(SQLite => "sqlite:$file");
$minion->add_task(job => sub { })->missing_after($seconds);
$minion->backoff(sub {0});
$| = 1;

# A worker beats by registering again.
sub hold {
    my $worker = $minion->worker->register;
    $minion->enqueue(job => [1] => {attempts => 100});
    say $worker->dequeue(5)->id;
    while (1) { sleep 1; $worker->register }
}

sub watch {
    say 'ready';
    until ($minion->job($id)->info->{state} eq 'inactive') { $minion->repair; sleep 0.1 }
}

$role eq 'hold' ? hold() : watch();
