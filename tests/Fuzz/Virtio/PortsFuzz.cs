using CsCheck;
using Vmm.Devices.Virtio.Spec;
using Vmm.Tests.Devices.Virtio.Console;
using Vmm.Tests.Devices.Virtio.Harness;
using Xunit;

namespace Vmm.Tests.Fuzz.Virtio;

/// <summary>
/// A device with named ports, a driver that sends any message and any buffer, and clients that come, go and stall in
/// between. Whatever happens: no exception, no write outside RAM, and after a reset the ports work.
/// </summary>
public class PortsFuzz
{
    private enum Kind
    {
        Message,
        RawMessage,
        ControlBuffer,
        GuestWrite,
        GuestBuffer,
        SpoilDescriptor,
        Kick,
        Connect,
        Disconnect,
        Send,
        Room,
        Hold,
        Reset,
    }

    private readonly record struct Step(Kind Kind, int Where, ulong Value, uint Length);

    private static readonly Gen<ulong> GenAddress = Gen.Frequency(
        (8, Gen.ULong[PortsRig.Data, PortsRig.Data + 0x8000]),
        (2, Gen.ULong[Rig.RamSize - 64, Rig.RamSize + 64]),
        (1, Gen.ULong));

    private static readonly Gen<uint> GenLength = Gen.Frequency(
        (8, Gen.UInt[0, 300]),
        (1, Gen.UInt[0, 0x2_0000]),
        (1, Gen.OneOf(uint.MaxValue, 0x8000_0000u)));

    private static readonly Gen<Step> GenStep = Gen.Frequency(
            (12, Kind.Message), (2, Kind.RawMessage), (6, Kind.ControlBuffer), (8, Kind.GuestWrite), (8, Kind.GuestBuffer),
            (1, Kind.SpoilDescriptor), (4, Kind.Kick), (3, Kind.Connect), (2, Kind.Disconnect), (6, Kind.Send), (4, Kind.Room), (1, Kind.Hold), (1, Kind.Reset))
        .SelectMany(kind => Gen.Select(Gen.Int[0, 1023], GenAddress, GenLength, (where, value, length) => new Step(kind, where, value, length)));

    [Fact, Trait("Row", "44"), Trait("Row", "21"), Trait("Row", "29")]
    public void No_driver_and_no_client_wedges_the_ports()
    {
        Gen.Select(GenStep.Array[1, 120], Gen.Bool, Gen.Bool)
            .Sample((steps, pci, eventIndex) =>
            {
                using var run = new PortsRig(pci ? TransportKind.Pci : TransportKind.Mmio, "one", "two");
                ulong features = Rig.DefaultFeatures | PortsRig.Multiport | (eventIndex ? GuestDriver.EventIndex : 0);
                Restart(run, features);
                foreach (Step step in steps)
                    Do(run, step, features);
                Assert.True(run.Rig.Ram.GuardsAreIntact);
                CheckRecovery(run, features);
            }, time: FuzzBudget.Seconds);
    }

    private static void Do(PortsRig run, in Step step, ulong features)
    {
        FakeClient client = run.Clients[step.Where % 2];
        uint port = (uint)(1 + step.Where % 2);
        switch (step.Kind)
        {
            case Kind.Message: run.Say(step.Where % 9 == 0 ? (uint)step.Value : port, (ushort)(step.Where / 2 % 9), (ushort)(step.Where % 3)); break;
            case Kind.RawMessage: run.SayRaw(step.Length); break;
            case Kind.ControlBuffer: run.GiveControlBuffers(1 + step.Where % 4, step.Where % 50 == 0 ? step.Length : PortsRig.ControlBufferSize); break;
            case Kind.GuestWrite: Add(run, ConsoleDevice.TransmitQueueOf((int)port), step, writable: step.Where % 40 == 0); break;
            case Kind.GuestBuffer: Add(run, ConsoleDevice.ReceiveQueueOf((int)port), step, writable: step.Where % 40 != 0); break;
            case Kind.SpoilDescriptor:
                DriverQueue queue = run.Rig.Queues[step.Where % run.Rig.Queues.Count];
                run.Rig.Ram.Write(queue.Descriptors + (ulong)(step.Where % (queue.Size * 2) * 8), step.Value);
                break;
            case Kind.Kick: run.Rig.Kick((uint)(step.Where % 12)); break;
            case Kind.Connect: client.Connect(); break;
            case Kind.Disconnect: client.Disconnect(); break;
            case Kind.Send: client.Send(new byte[1 + step.Where]); break;
            case Kind.Room: client.MakeRoom(step.Where % 4 == 0 ? int.MaxValue : step.Where); break;
            case Kind.Hold:
                run.Rig.Core.Quiesce();
                client.Connect();
                run.Rig.Core.Resume();
                break;
            default: Restart(run, features); break;
        }
        run.Rig.Doorbells.Run();
    }

    private static void Add(PortsRig run, int queue, in Step step, bool writable)
    {
        run.Rig.Queues[queue].Add(new GuestBuffer(step.Value, step.Length, writable), new GuestBuffer(PortsRig.Data, 16, writable));
        run.Rig.Kick((uint)queue);
    }

    private static void Restart(PortsRig run, ulong features)
    {
        run.Rig.Driver.Status = 0;
        Assert.Equal(0, run.Rig.Driver.Status);
        run.Rig.Ram.Bytes(Rig.FirstRing, 0xf000).Clear();
        run.Rig.Start(features);
    }

    private static void CheckRecovery(PortsRig run, ulong features)
    {
        run.Client.Disconnect();
        Restart(run, features);
        run.Client.Keeps = true;
        run.Client.Got.Clear();
        run.Client.Connect();
        run.Client.MakeRoom(int.MaxValue);
        run.GiveControlBuffers(16);
        run.Say(0, ConsoleControl.VIRTIO_CONSOLE_DEVICE_READY, 1);
        run.Say(1, ConsoleControl.VIRTIO_CONSOLE_PORT_READY, 1);
        run.Say(1, ConsoleControl.VIRTIO_CONSOLE_PORT_OPEN, 1);
        // Two ports added, one named and opened.
        Assert.Equal(4, run.ControlReceive.UsedIndex);
        run.Write("works");
        Assert.Equal("works", run.Got);
    }
}
