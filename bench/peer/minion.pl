#!/usr/bin/perl
# Minion's client of bench/peers, on its SQLite backend with every commit synced: enqueue, dequeue and finish in loops,
# each in a process.
# usage: minion.pl FILE JOBS PRODUCERS WORKERS   the seconds from the first create to the last end
#        minion.pl FILE JOBS 0 0                 milliseconds from create to taken, one a line
use Mojo::Base -strict;
use Minion;
use Mojo::SQLite;
use Time::HiRes qw(clock_gettime usleep CLOCK_MONOTONIC);

use constant POLL_US => 500_000;    # as its backend looks for jobs

my ($file, $jobs, $producers, $workers) = @ARGV;

sub now { clock_gettime(CLOCK_MONOTONIC) }

sub minion {
    my $sqlite = Mojo::SQLite->new("sqlite:$file");
    $sqlite->on(connection => sub { $_[1]->do('pragma synchronous=FULL') });
    my $minion = Minion->new(SQLite => $sqlite);
    $minion->add_task(job => sub { });
    return $minion;
}

# Another process may hold the file for longer than the driver waits.
sub insist {
    my $work = shift;
    my $result;
    until (eval { $result = $work->(); 1 }) { die $@ unless $@ =~ /locked/ }
    return $result;
}

sub produce {
    my ($count) = @_;
    my $minion = minion();
    insist(sub { $minion->enqueue(job => [1]) }) for 1 .. $count;
}

# One byte a job that has ended.
sub work {
    my ($report) = @_;
    my $worker = minion()->worker->register;
    while (1) {
        my $job = insist(sub { $worker->dequeue(5) }) or next;
        insist(sub { $job->finish });
        syswrite $report, '.';
    }
}

sub start {
    my ($child) = @_;
    my $pid = fork // die "fork: $!";
    return $pid if $pid;
    $child->();
    exit 0;
}

sub rate {
    pipe my $ended, my $report;
    my @workers   = map { start(sub { work($report) }) } 1 .. $workers;
    my $begun     = now();
    my $share     = int(($jobs + $producers - 1) / $producers);
    my @producers = map { my $n = $share; start(sub { produce($n) }) } 1 .. $producers;
    my $left      = $share * $producers;
    while ($left > 0) { $left -= sysread($ended, my $bytes, 4096) // die "read: $!" }
    my $scale = $jobs / ($share * $producers);
    say((now() - $begun) * $scale);
    kill KILL => @workers;
    waitpid $_, 0 for @workers, @producers;
}

# The worker tells when it took the job; the clock is everybody's.
sub latency {
    pipe my $times, my $report;
    my $pid = start(sub {
        my $worker = minion()->worker->register;
        while (1) {
            my $job = $worker->dequeue(5) or next;
            syswrite $report, now() . "\n";
            insist(sub { $job->finish });
        }
    });
    my $minion = minion();
    for (1 .. $jobs) {
        usleep(5000 + rand POLL_US);
        $minion->enqueue(job => [1]);
        my $acknowledged = now();
        my $taken        = <$times>;
        say(($taken - $acknowledged) * 1000);
    }
    kill KILL => $pid;
    waitpid $pid, 0;
}

$| = 1;
minion()->backend;    # its tables, before the others come
$producers ? rate() : latency();
