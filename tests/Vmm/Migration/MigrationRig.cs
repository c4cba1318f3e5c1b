using System.Net.Sockets;
using Vmm.Host;
using Vmm.Machine;
using Vmm.Migration;
using Vmm.Migration.Protocol;
using Vmm.Migration.Receiving;
using Vmm.Migration.Sending;
using Vmm.Migration.Transport;
using Vmm.Migration.Transport.Tls;
using Xunit;

namespace Vmm.Tests.Vmm.Migration;

/// <summary>Both sides of a migration in one process, over a Unix socket or TCP on loopback.</summary>
internal sealed class MigrationRig : IDisposable
{
    public const ulong MiB = 1 << 20;

    private static readonly TimeSpan s_hang = TimeSpan.FromSeconds(60);

    private readonly List<Socket> _sockets = [];
    private readonly SemaphoreSlim _lost = new(0);
    private readonly MigrationListener _listener;
    private MigrationReceiver? _receiver;

    public MigrationRig(ulong memory = 4 * MiB, bool tcp = false, SafeFd? memoryFile = null, TlsIdentity? identity = null, bool hugepages = false)
    {
        Source = new FakeGuest(memory, memoryFile, hugepages) { Runs = true, HasDisks = true };
        Target = new FakeGuest(memory, hugepages: hugepages);
        _listener = MigrationAddress.Parse(tcp ? "tcp:127.0.0.1:0" : $"unix:{Path.Combine(Folder.FullName, "m")}").Listen(identity);
        _listener.Refused = Strangers.Add;
        Place = _listener.Place;
    }

    /// <summary>A migration that hands the memory itself over.</summary>
    public static MigrationRig Local(ulong memory = 4 * MiB) => new(memory, memoryFile: SealedMemory(memory)) { Options = new() { Mode = MigrationMode.Local } };

    /// <summary>A memfd as RAM has it.</summary>
    public static SafeFd SealedMemory(ulong size)
    {
        using GuestRam ram = GuestRam.Create(size, shared: true);
        return SafeFd.Own(Linux.fcntl(ram.File!.Number, Linux.F_DUPFD_CLOEXEC, 0), "fcntl F_DUPFD_CLOEXEC");
    }

    /// <summary>Thrown where a process is killed.</summary>
    public sealed class KilledException : Exception;

    public DirectoryInfo Folder { get; } = Directory.CreateTempSubdirectory("vmm-migration-");

    public string Place { get; set; }

    /// <summary>Why others were sent away.</summary>
    public List<string> Strangers { get; } = [];

    public FakeGuest Source { get; }

    public FakeGuest Target { get; private set; }

    public string? RefusesOffer { get; init; }

    public ulong? TargetSize { get; init; }

    /// <summary>The target's side.</summary>
    public MigrationReceiver Receiver => _receiver ??= new MigrationReceiver(_listener, Options.Patience) { PhaseReached = phase => TargetAt?.Invoke(phase) };

    public MigrationOptions Options { get; set; } = new() { Patience = TimeSpan.FromSeconds(20) };

    public Action<MigrationPhase>? SourceAt { get; set; }

    public Action<MigrationPhase>? TargetAt { get; set; }

    public MigrationResult? Result { get; private set; }

    public Exception? SourceFault { get; private set; }

    public Exception? TargetFault { get; private set; }

    public List<MigrationProgress> Progress { get; } = [];

    /// <summary>Told of each round while the guest runs at the source.</summary>
    public Action<MigrationProgress>? RoundEnded { get; init; }

    public CancellationTokenSource Cancel { get; } = new();

    /// <summary>Set when the guest's run at the target is over.</summary>
    public ManualResetEvent TargetEnds { get; } = new(initialState: false);

    /// <summary>When the source knows how it went.</summary>
    public Action? SourceEnded { get; set; }

    /// <summary>When the guest has begun to run at the target.</summary>
    public Action<FakeGuest>? TargetStarted { get; set; }

    /// <summary>When the link is lost while memory follows; the run there is ended unless a test says otherwise.</summary>
    public Action? TargetWaits { get; set; }

    /// <summary>Told why the target has lost the link while memory follows.</summary>
    public Action<string>? TargetLost { get; set; }

    /// <summary>How long the target answers a source that may not have heard that all is there; null for as long as by default.</summary>
    public TimeSpan? TargetAnswersLate { get; init; }

    /// <summary>Takes the migration up again, when both sides know that the link was lost.</summary>
    public MigrationResult Recover(MigrationTicket ticket, Action<MigrationPhase>? at = null) =>
        new MigrationRecovery(Source, Connect, "there", ticket) { PhaseReached = at, Progressed = Progress.Add }.Run();

    /// <summary>Migrates, and returns when both sides have come to their end.</summary>
    public MigrationRig Run()
    {
        MigrationReceiver receiver = Receiver;
        Thread target = new(RunTarget) { Name = "target" };
        target.Start();
        RunSource();
        // It has met nobody whom it takes for a source, and waits for one.
        if (SourceFault is not null && receiver.Progress.Phase <= MigrationPhase.Hello)
            receiver.Stop("test");
        Exception? fault = Record.Exception(() => SourceEnded?.Invoke());
        target.Join();
        Assert.Null(fault);
        Assert.True(TargetFault is null or KilledException or VmmException, TargetFault?.ToString());
        Assert.False(Source.Runs && Target.Runs, "the guest runs on both sides");
        return this;
    }

    /// <summary>Migrates on a thread of its own, until the link is lost while memory follows and both sides know. The target waits for the source then.</summary>
    /// <returns>The thread, which goes on until both sides have come to their end.</returns>
    public Thread RunUntilLost()
    {
        TargetWaits = () => _lost.Release();
        Thread run = new(() => Run());
        run.Start();
        AwaitLost();
        Assert.True(SpinWait.SpinUntil(() => SourceFault is not null, s_hang));
        return run;
    }

    /// <summary>Waits until the target knows that the link was lost, once more after <see cref="RunUntilLost"/>.</summary>
    public void AwaitLost() => Assert.True(_lost.Wait(s_hang, TestContext.Current.CancellationToken), "the destination does not wait for the source");

    /// <summary>The source's process is gone from one moment to the next: nothing more is said.</summary>
    public void KillSource()
    {
        Source.IsDead = true;
        Source.Runs = false;
        foreach (Socket socket in _sockets)
            socket.Dispose();
        throw new KilledException();
    }

    /// <summary>The source hears nothing more.</summary>
    public void CutSource()
    {
        foreach (Socket socket in _sockets)
        {
            try
            {
                socket.Shutdown(SocketShutdown.Both);
            }
            catch (ObjectDisposedException)
            {
                // Having lost the one before, the source has closed this one itself.
            }
        }
    }

    public static void KillTarget() => throw new KilledException();

    public void Dispose()
    {
        _receiver?.Dispose();
        Source.Dispose();
        Target.Dispose();
        TargetEnds.Dispose();
        _lost.Dispose();
        Cancel.Dispose();
        Folder.Delete(recursive: true);
    }

    private void RunSource()
    {
        using MigrationSender sender = new(Source, Connect, "there", Options) { PhaseReached = phase => SourceAt?.Invoke(phase), Progressed = Progress.Add, RoundEnded = RoundEnded };
        SourceFault = Record.Exception(() => Result = sender.Run(Cancel.Token));
    }

    /// <summary>A connection to the target.</summary>
    public Socket Connect()
    {
        using MigrationRoute route = MigrationRoute.To(MigrationAddress.Parse(Place), Options);
        Socket socket = route.Connect();
        _sockets.Add(socket);
        return socket;
    }

    public void RunTarget()
    {
        MigrationReceiver receiver = Receiver;
        try
        {
            OfferMessage offer = receiver.WaitForOffer();
            if (RefusesOffer is not null)
            {
                receiver.Fail(RefusesOffer);
                receiver.Dispose();
                return;
            }
            if (receiver.TakeMemory() is { } handedOver)
            {
                Target.Dispose();
                Target = new FakeGuest(offer.Memory, handedOver);
            }
            if (TargetSize is { } size)
            {
                Target.Dispose();
                Target = new FakeGuest(size);
            }
            receiver.Receive(offer, Target);
            Target.Runs = true;
            TargetStarted?.Invoke(Target);
            if (receiver.Started() is not { } tail)
                return;
            tail.AnswersLate = TargetAnswersLate ?? tail.AnswersLate;
            tail.LinkLost = (why, _) =>
            {
                TargetLost?.Invoke(why);
                (TargetWaits ?? (() => TargetEnds.Set()))();
            };
            tail.Follow(TargetEnds);
        }
        catch (Exception fault)
        {
            // Whatever it is: an exception that leaves a thread takes the whole run of tests along.
            TargetFault = fault;
            Target.Runs = false;
            receiver.Dispose();
        }
    }
}
