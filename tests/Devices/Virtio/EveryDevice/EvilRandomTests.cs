using Vmm.Tests.Devices.Virtio.Harness;
using Xunit;

namespace Vmm.Tests.Devices.Virtio.EveryDevice;

/// <summary>Chains of any shape, with any content, in every queue of every type of device: nothing leaves RAM, nothing goes on for ever, a reset helps.</summary>
public sealed class EvilRandomTests
{
    private const int Runs = 150;
    private const int Turns = 12;

    public static TheoryData<string, TransportKind> Cases => DeviceSubjects.Cases;

    [Theory, MemberData(nameof(Cases)), Trait("Row", "14"), Trait("Row", "17"), Trait("Row", "21"), Trait("Row", "22")]
    public void Any_chains_leave_the_host_alone_and_a_reset_helps(string device, TransportKind kind)
    {
        for (int seed = 0; seed < Runs; seed++)
        {
            var random = new Random(seed);
            using EvilRig rig = new(device, kind);
            bool events = random.Next(2) == 0;
            rig.Start(events ? rig.AllFeatures | GuestDriver.EventIndex : rig.AllFeatures);
            random.NextBytes(rig.Ram.Bytes(EvilRig.Buffers, 0x2000));
            for (int turn = 0; turn < Turns && !rig.NeedsReset; turn++)
            {
                int queue = random.Next(rig.Queues.Count);
                AddChain(rig, rig.Queues[queue], random);
                rig.Turn(queue);
                AssertUsedElementsAreSane(rig.Queues[queue]);
            }
            Assert.True(rig.Ram.GuardsAreIntact, $"seed {seed}");
            rig.AssertRecovers();
        }
    }

    private static void AddChain(EvilRig rig, DriverQueue rings, Random random)
    {
        int count = random.Next(1, 5);
        int head = random.Next(rings.Size);
        bool writing = false;
        for (int i = 0; i < count; i++)
        {
            writing |= random.Next(3) == 0;
            ushort flags = (ushort)((i < count - 1 ? DriverQueue.Next : 0) | (writing ? DriverQueue.Write : 0));
            if (random.Next(40) == 0)
                flags = (ushort)random.Next(8);
            rings.Describe((head + i) % rings.Size, Address(random), Length(random), flags, (ushort)((head + i + 1) % rings.Size));
        }
        // A small number in the first word is what most devices call a type or a command.
        rig.Ram.Write(EvilRig.Buffers + (ulong)random.Next(8) * 64, random.Next(20));
        rings.MakeAvailable((ushort)head);
    }

    private static ulong Address(Random random) => random.Next(12) switch
    {
        0 => EvilRig.Seam - (uint)random.Next(64),
        1 => EvilRig.RamSize - (uint)random.Next(64),
        2 => (ulong)random.NextInt64(),
        _ => EvilRig.Buffers + (ulong)random.Next(8) * 64,
    };

    private static uint Length(Random random) => random.Next(12) switch
    {
        0 => 0,
        1 => uint.MaxValue - (uint)random.Next(2),
        2 => (uint)random.Next(1 << 19),
        3 => 512,
        4 => 1,
        _ => (uint)random.Next(1, 100),
    };

    private static void AssertUsedElementsAreSane(DriverQueue rings)
    {
        for (int i = 0; i < Math.Min(rings.UsedIndex, rings.Size); i++)
            Assert.InRange(rings.UsedElement(i).Id, 0u, (uint)rings.Size - 1);
    }
}
