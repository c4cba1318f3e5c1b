using System.Buffers.Binary;
using CsCheck;
using Vmm.Devices.Pci.Spec;
using Xunit;

namespace Vmm.Tests.Fuzz.Pci;

/// <summary>
/// Configuration accesses by both mechanisms, memory accesses to the BARs and interrupts, in any order: mostly shaped
/// like what drivers do, partly not. The machine's invariants hold after each.
/// </summary>
public class PciConfigFuzz
{
    private enum Kind
    {
        EcamWrite,
        EcamRead,
        PortWrite,
        PortRead,
        SelectPort,
        MemoryWrite,
        MemoryRead,
        Signal,
        Intx,
        Reset,
    }

    private readonly record struct Step(Kind Kind, ulong Where, int Width, ulong Value);

    private static readonly Gen<ulong> GenRegister = Gen.Frequency(
        (6, Gen.OneOf<ulong>(PciRegister.Bar0, PciRegister.Bar0 + 4, PciRegister.Bar0 + 8)),
        (4, Gen.Const<ulong>(PciRegister.Command)),
        (3, Gen.Const<ulong>(PciRegister.HeaderEnd + MsixSpec.MessageControl)),
        (2, Gen.ULong[0, 0xff]),
        (1, Gen.ULong[0, 0xfff]));

    private static readonly Gen<ulong> GenPlace = Gen.Select(
        Gen.Frequency((6, Gen.ULong[PciFuzzMachine.FirstDevice, PciFuzzMachine.DeviceCount]), (1, Gen.ULong[0, 0x1_ffff])),
        GenRegister,
        (device, register) => device << 15 | register);

    // BAR addresses near windows and near each other, command bits, and noise.
    private static readonly Gen<ulong> GenValue = Gen.Frequency(
        (6, Gen.ULong[0, 0x110].Select(page => PciFuzzMachine.Low.Start + (page << 12))),
        (2, Gen.ULong[0, 0x110].Select(page => PciFuzzMachine.High.Start + (page << 12))),
        (5, Gen.ULong[0, 7]),
        (2, Gen.OneOf<ulong>(0, 1, uint.MaxValue, ulong.MaxValue, MsixSpec.Enable, MsixSpec.FunctionMask)),
        (1, Gen.ULong));

    private static readonly Gen<Step> GenStep = Gen.Frequency(
            (10, Kind.EcamWrite), (1, Kind.EcamRead),
            (4, Kind.SelectPort), (6, Kind.PortWrite), (1, Kind.PortRead),
            (3, Kind.MemoryWrite), (1, Kind.MemoryRead),
            (2, Kind.Signal), (1, Kind.Intx), (1, Kind.Reset))
        .SelectMany(kind => Gen.Select(GenPlace, Gen.OneOf(1, 2, 4, 4, 4, 8), GenValue, (where, width, value) => new Step(kind, where, width, value)));

    [Fact, Trait("Row", "47")]
    public void No_sequence_of_accesses_breaks_the_map_or_the_registers()
    {
        GenStep.Array[1, 60].Sample(steps =>
        {
            var machine = new PciFuzzMachine();
            foreach (Step step in steps)
            {
                Apply(machine, step);
                machine.CheckInvariants();
            }
            machine.CheckSizing();
        }, time: FuzzBudget.Seconds);
    }

    private static void Apply(PciFuzzMachine machine, Step step)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, step.Value);
        Span<byte> data = bytes[..step.Width];
        int index = (int)(step.Where >> 15) % machine.Functions.Count;
        switch (step.Kind)
        {
            case Kind.EcamWrite:
                machine.Ecam.Write(step.Where, data);
                break;
            case Kind.EcamRead:
                machine.Ecam.Read(step.Where, data);
                break;
            case Kind.SelectPort:
                BinaryPrimitives.WriteUInt32LittleEndian(bytes, (uint)(PciConfigMechanism.Enable | (step.Where >> 15) << 11 | step.Where & 0xfc));
                machine.Ports.Write(0, bytes[..4]);
                break;
            case Kind.PortWrite:
                machine.Ports.Write(PciConfigMechanism.DataOffset + (step.Where & 3), data);
                break;
            case Kind.PortRead:
                machine.Ports.Read(step.Where & 7, data);
                break;
            case Kind.MemoryWrite:
                machine.Memory.Write(step.Value, data);
                break;
            case Kind.MemoryRead:
                machine.Memory.Read(step.Value, data);
                break;
            case Kind.Signal:
                machine.Functions[index].Msix!.Signal((int)step.Value);
                break;
            case Kind.Intx:
                machine.Functions[index].Intx!.Set((step.Value & 1) != 0);
                break;
            default:
                machine.Bus.Reset();
                break;
        }
    }
}
