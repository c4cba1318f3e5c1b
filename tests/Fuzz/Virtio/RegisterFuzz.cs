using System.Buffers.Binary;
using CsCheck;
using Vmm.Devices.Backends;
using Vmm.Devices.Virtio;
using Vmm.Devices.Virtio.Console;
using Vmm.Devices.Virtio.Rng;
using Vmm.Tests.Devices.Virtio.Harness;
using Xunit;

namespace Vmm.Tests.Fuzz.Virtio;

/// <summary>
/// Drivers that do the right things in the wrong order, with wrong values, and touch every register at every width, on
/// both transports and three devices. Whatever they do: no exception, no write outside RAM, an end to all work, and
/// after a reset the device works.
/// </summary>
public class RegisterFuzz
{
    private enum Kind
    {
        RawWrite,
        RawRead,
        Status,
        Features,
        QueueSetUp,
        QueueRegister,
        Chain,
        Notify,
        Work,
        Complete,
        Start,
        Reset,
        Input,
        ConfigSpace,
        SpoilRing,
    }

    private readonly record struct Step(Kind Kind, ulong Where, ulong Value, int Width);

    private static readonly Gen<ulong> GenWhere = Gen.Frequency(
        (6, Gen.ULong[0, 0x100]),
        (2, Gen.OneOf<ulong>(0x1000, 0x2000, 0x3000, 0x3004).SelectMany(page => Gen.ULong[0, 16].Select(offset => page + offset))),
        (1, Gen.ULong[0, 0x4000]));

    private static readonly Gen<ulong> GenValue = Gen.Frequency(
        (6, Gen.ULong[0, 16]),
        (3, Gen.ULong[0, 0x10].Select(page => page << 12)),
        (2, Gen.OneOf<ulong>(0xff, 0xffff, uint.MaxValue, ulong.MaxValue, 0x8000, 1UL << 32, 0xFFFF_F000)),
        (1, Gen.ULong));

    private static readonly Gen<Step> GenStep = Gen.Frequency(
            (6, Kind.RawWrite), (3, Kind.RawRead), (5, Kind.Status), (2, Kind.Features), (3, Kind.QueueSetUp), (3, Kind.QueueRegister),
            (6, Kind.Chain), (5, Kind.Notify), (5, Kind.Work), (3, Kind.Complete), (4, Kind.Start), (1, Kind.Reset), (2, Kind.Input),
            (2, Kind.ConfigSpace), (1, Kind.SpoilRing))
        .SelectMany(kind => Gen.Select(GenWhere, GenValue, Gen.OneOf(1, 2, 4, 4, 4, 8), (where, value, width) => new Step(kind, where, value, width)));

    [Theory, Trait("Row", "27"), Trait("Row", "28"), Trait("Row", "30"), Trait("Row", "31"), Trait("Row", "32")]
    [InlineData(TransportKind.Mmio)]
    [InlineData(TransportKind.Pci)]
    public void No_register_sequence_breaks_the_host_or_outlives_a_reset(TransportKind kind)
    {
        Gen.Select(GenStep.Array[1, 80], Gen.Int[0, 2])
            .Sample((steps, device) =>
            {
                using var run = new Run(kind, device);
                run.All(steps);
            }, time: FuzzBudget.Seconds);
    }

    private sealed class Run : IByteSink, IDisposable
    {
        private readonly Rig _rig;
        private readonly TestDevice? _held;
        private readonly VirtioConsole? _console;

        public Run(TransportKind kind, int which)
        {
            IVirtioDevice device = which switch
            {
                // Over MMIO a reset waits for what is in flight, and there is no other thread here to end it.
                0 => _held = new TestDevice { Holds = kind == TransportKind.Pci },
                1 => new VirtioRng("rng0", new CountingEntropy()),
                _ => _console = new VirtioConsole("console0", this, new ConsoleSize(80, 25)),
            };
            _rig = new Rig(kind, device, (0UL, 0x1_0000UL), (0x1_0000UL, 0x1000UL));
        }

        private GuestDriver Driver => _rig.Driver;

        public void Write(ReadOnlySpan<byte> bytes)
        {
        }

        public void All(Step[] steps)
        {
            foreach (Step step in steps)
            {
                CompleteAllIfResetting();
                Do(step);
            }
            _rig.Doorbells.Run();
            Assert.True(_rig.Ram.GuardsAreIntact);
            CheckRecovery();
            Assert.True(_rig.Ram.GuardsAreIntact);
        }

        public void Dispose() => _rig.Dispose();

        private void Do(in Step step)
        {
            DriverQueue rings = _rig.Queues[(int)(step.Where % (ulong)_rig.Queues.Count)];
            Span<byte> data = stackalloc byte[8];
            BinaryPrimitives.WriteUInt64LittleEndian(data, step.Value);
            switch (step.Kind)
            {
                case Kind.RawWrite: Driver.WriteRaw(step.Where, data[..step.Width]); break;
                case Kind.RawRead: Driver.ReadRaw(step.Where, data[..step.Width]); break;
                case Kind.Status: Driver.Status = (byte)step.Value; break;
                case Kind.Features: Driver.WriteFeatures((uint)step.Where % 3, (uint)step.Value); break;
                case Kind.QueueSetUp: Driver.SetUp((uint)step.Value % 4, rings); break;
                case Kind.QueueRegister: WriteQueueRegister(step); break;
                case Kind.Chain: AddChain(rings, step); break;
                case Kind.Notify: Driver.Notify((uint)step.Value % 4); break;
                case Kind.Work: _rig.Doorbells.Run(); break;
                case Kind.Complete: CompleteOne(); break;
                case Kind.Start: Start(step); break;
                case Kind.Reset: Driver.Status = 0; break;
                case Kind.Input: _console?.Receive("input from the terminal"u8); break;
                case Kind.ConfigSpace: TouchConfigSpace(step, data[..Math.Min(step.Width, 4)]); break;
                default: _rig.Ram.Write(rings.Descriptors + step.Where % 0x200, (ushort)step.Value); break;
            }
        }

        private void WriteQueueRegister(in Step step)
        {
            Driver.SelectQueue((uint)step.Where % 3);
            switch (step.Where / 3 % 5)
            {
                case 0: Driver.QueueSize = (uint)step.Value; break;
                case 1: Driver.DescriptorsAddress = step.Value; break;
                case 2: Driver.AvailAddress = step.Value; break;
                case 3: Driver.UsedAddress = step.Value; break;
                default: Driver.QueueEnabled = (step.Value & 1) != 0; break;
            }
        }

        private void AddChain(DriverQueue rings, in Step step)
        {
            bool writable = (step.Where & 2) != 0;
            rings.Add(new GuestBuffer(0x8000 + step.Where % 0x8800, (uint)step.Value, writable), new GuestBuffer(0x9000, 64, writable || (step.Where & 4) != 0));
        }

        /// <summary>The whole sequence with what state there is: often refused, often accepted.</summary>
        private void Start(in Step step)
        {
            ulong features = Rig.DefaultFeatures | ((step.Where & 1) != 0 ? GuestDriver.EventIndex : 0);
            if (!Driver.Negotiate(features))
                return;
            for (int i = 0; i < _rig.Queues.Count; i++)
                Driver.SetUp((uint)i, _rig.Queues[i]);
            Driver.Status = GuestDriver.DriverOk;
        }

        private void TouchConfigSpace(in Step step, ReadOnlySpan<byte> data)
        {
            if (Driver is not PciDriver pci)
                return;
            int offset = (int)(step.Where % 0x100) & -data.Length;
            pci.Pci.WriteConfig(PciDriver.Slot, offset, data);
            CompleteAllIfResetting();
            Span<byte> back = stackalloc byte[4];
            pci.Pci.ReadConfig(PciDriver.Slot, offset, back[..data.Length]);
        }

        private void CompleteOne()
        {
            if (_held is { InFlight.Count: > 0 })
                _held.CompleteOne();
        }

        private void CompleteAll()
        {
            while (_held is { InFlight.Count: > 0 })
                _held.CompleteOne();
        }

        /// <summary>The next write would wait for them.</summary>
        private void CompleteAllIfResetting()
        {
            if (!_rig.Core.IsActive)
                CompleteAll();
        }

        private void CheckRecovery()
        {
            CompleteAll();
            (Driver as PciDriver)?.PowerOn();
            Driver.Status = 0;
            Assert.Equal(0, Driver.Status);
            Assert.Equal(0, _rig.Doorbells.Attached);
            if (_held is not null)
                _held.Holds = false;
            _rig.Ram.Bytes(Rig.FirstRing, 0x4000).Clear();
            _rig.Start();
            DriverQueue queue = _rig.Queues[^1];
            queue.Add(new GuestBuffer(0x8000, 16, _console is null));
            _rig.Kick((uint)_rig.Queues.Count - 1);
            Assert.Equal(1, queue.UsedIndex);
        }
    }
}
