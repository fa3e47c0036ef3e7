#!/usr/bin/perl
# Gives a restored machine an identity of its own. It sits in the template, waiting at its virtio port, so that a clone
# has it in memory, warm. Perl because every Debian has it (perl-base is essential) and a shell cannot do the ioctls.
# Told to `park` it makes sshd ready to be copied and answers `waiting`. In the clone it reads lines and answers one:
# `done`, or `error …`. Then it ends; nothing of it stays in the clone.
use strict;
use warnings;

my $host_key = '/etc/ssh/ssh_host_ed25519_key';
my $sshd_pid = '/run/sshd.pid';
my $key_for_sshd;

my %apply = (
    # file PATH HEX: in the place of the template's, which spares the disk a new file and a flush.
    file => sub {
        my ($path, $hex) = @_;
        open my $out, '+<', $path or die "$path: $!\n";
        print $out pack 'H*', $hex;
        truncate $out, tell $out and close $out or die "$path: $!\n";
    },
    # clock SECONDS NANOSECONDS: clock_settime of the wall clock.
    clock => sub { syscall(227, 0, pack 'qq', @_) == 0 or die "clock: $!\n" },
    hostname => sub { syscall(170, $_[0], length $_[0]) == 0 or die "hostname: $!\n" },
    # entropy HEX: mixed in and credited, then the generator is made to use it at once.
    entropy => sub {
        my $seed = pack 'H*', $_[0];
        open my $random, '>', '/dev/random' or die "random: $!\n";
        ioctl $random, 0x40085203, pack('iia*', 8 * length $seed, length $seed, $seed) or die "seed: $!\n";
        ioctl $random, 0x5207, 0 or die "reseed: $!\n";
    },
    # address IP NETMASK GATEWAY: by ioctl, since a process costs a tenth of a second where the CPU is emulated.
    address => sub {
        my ($address, $mask, $gateway) = map { pack 'C4', split /\./ } @_;
        my $inet = sub { pack 'S n a4 x8', 2, 0, $_[0] };
        socket my $control, 2, 2, 0 or die "socket: $!\n";
        ioctl $control, 0x8916, pack('a16 a16 x8', 'eth0', $inet->($address)) or die "address: $!\n";
        ioctl $control, 0x891c, pack('a16 a16 x8', 'eth0', $inet->($mask)) or die "netmask: $!\n";
        my $any = $inet->("\0\0\0\0");
        my $route = pack 'x8 a16 a16 a16 S x62', $any, $inet->($gateway), $any, 3;
        # With the template's own address the way out is there already.
        ioctl $control, 0x890b, $route or $! == 17 or die "route: $!\n";
    },
    # sshd goes on with the key it waits for. Its pid file is there again when it listens: somebody who connected before
    # that could make it fail to take its port.
    sshd => sub {
        print $key_for_sshd text($host_key);
        close $key_for_sshd or die "sshd: $!\n";
        select undef, undef, undef, 0.005 until -s $sshd_pid;
    },
);

# sshd starts anew on SIGHUP, half a second where the CPU is emulated, and reads its host key only then. So it does that
# in the template, up to the reading: it finds a pipe there, which the key of each clone comes through. The pipe is only
# mounted over the key, until sshd has it open, so that no disk ever has it.
sub park_sshd {
    my $pipe = '/run/chaos-host-key';
    my $pid = text($sshd_pid) + 0;
    unlink $sshd_pid;
    syscall(133, $pipe, 0010600, 0) == 0 or die "pipe: $!\n";
    syscall(165, $pipe, $host_key, 0, 4096, 0) == 0 or die "mount: $!\n";
    kill HUP => $pid or die "sshd: $!\n";
    open $key_for_sshd, '>', $pipe or die "pipe: $!\n";
    syscall(166, $host_key, 2) == 0 or die "umount: $!\n";
    unlink $pipe;
}

sub text { local $/; open my $in, '<', $_[0] or die "$_[0]: $!\n"; return scalar <$in> }

my ($name) = grep { text($_) eq "chaos.identity\n" } glob '/sys/class/virtio-ports/*/name';
die "no port named chaos.identity\n" unless $name;
open my $port, '+<', '/dev/' . (split m{/}, $name)[-2] or die "port: $!\n";

# What the other end says, up to and with this line.
sub told {
    my ($last) = @_;
    my $text = '';
    until ($text =~ /^$last\n/m) {
        # Nothing read means that nobody is at the other end yet.
        sysread $port, $text, 65536, length $text or select undef, undef, undef, 0.02;
    }
    return split /\n/, $text;
}

sub answer {
    my ($good, $work) = @_;
    syswrite $port, eval { $work->(); 1 } ? "$good\n" : "error $@";
}

told('park');
answer('waiting', \&park_sshd);
my @lines = told('end');
answer('done', sub {
    for (@lines) {
        my ($verb, @words) = split / /;
        last if $verb eq 'end';
        ($apply{$verb} or die "unknown: $verb\n")->(@words);
    }
});
