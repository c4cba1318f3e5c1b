using Vmm.Tests.Devices.Virtio.Harness;
using Xunit;

namespace Vmm.Tests.Devices.Virtio;

/// <summary>A driver that starts and resets a device over and over, while back ends complete, the machine pauses, and the bus takes its leave and gives it back, each on a thread of its own.</summary>
public sealed class CoreRaceTests
{
    private const int Rounds = 60;
    private const int Chains = 6;
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    public static TheoryData<TransportKind> Transports => [TransportKind.Mmio, TransportKind.Pci];

    [Theory, MemberData(nameof(Transports)), Trait("Row", "29")]
    public void Resets_pauses_and_completions_on_many_threads_end_well(TransportKind kind)
    {
        var device = new TestDevice { Holds = true };
        using var rig = new Rig(kind, device);
        rig.Doorbells.Refuses = true;
        using CancellationTokenSource endOthers = new(), endWorking = new();
        Thread[] others =
        [
            Repeat(Pause, endOthers.Token),
            Repeat(Detain, endOthers.Token),
        ];
        Thread[] workers =
        [
            Repeat(() => rig.Doorbells.RunRound(), endWorking.Token),
            Repeat(Complete, endWorking.Token),
        ];

        for (int round = 0; round < Rounds; round++)
        {
            Start(rig);
            for (int i = 0; i < Chains; i++)
            {
                rig.Queues[i % 2].Add(new GuestBuffer(Rig.BufferStart + (ulong)i * 64, 64, true));
                rig.Driver.Notify((uint)i % 2);
            }
            rig.Driver.Status = 0;
            Assert.True(SpinWait.SpinUntil(() => rig.Driver.Status == 0, s_patience));
        }
        Stop(others, endOthers);
        Stop(workers, endWorking);

        Assert.Equal(Rounds, device.Resets);
        Assert.Equal(0, rig.Core.Faults);
        device.Holds = false;
        Start(rig);
        rig.Queues[0].Add(new GuestBuffer(Rig.BufferStart, 64, true));
        rig.Kick(0);
        Assert.Equal(1, rig.Queues[0].UsedIndex);

        void Complete()
        {
            using var scope = rig.Core.Enter();
            if (device.InFlight.Count > 0)
                device.CompleteOne();
        }

        void Pause()
        {
            rig.Core.Quiesce();
            rig.Core.Resume();
        }

        void Detain()
        {
            rig.Core.Detain(true);
            rig.Core.Detain(false);
        }
    }

    private static void Start(Rig rig)
    {
        rig.Ram.Bytes(Rig.FirstRing, 0x4000).Clear();
        rig.Prepare();
        rig.Driver.Status = GuestDriver.DriverOk;
        Assert.Equal(GuestDriver.DriverOk, rig.Driver.Status);
    }

    private static Thread Repeat(Action action, CancellationToken until)
    {
        var thread = new Thread(() =>
        {
            while (!until.IsCancellationRequested)
            {
                action();
                Thread.Yield();
            }
        });
        thread.Start();
        return thread;
    }

    private static void Stop(Thread[] threads, CancellationTokenSource source)
    {
        source.Cancel();
        Assert.All(threads, thread => Assert.True(thread.Join(s_patience)));
    }
}
