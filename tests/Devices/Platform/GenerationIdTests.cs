using Vmm.Devices.Backends;
using Vmm.Devices.Platform;
using Vmm.Guest.Acpi;
using Vmm.Guest.Memory;
using Vmm.Tests.Devices.Bus;
using Vmm.Tests.Devices.Pci;
using Vmm.Tests.Devices.Virtio.Harness;
using Xunit;

namespace Vmm.Tests.Devices.Platform;

public sealed class GenerationIdTests : IDisposable
{
    private readonly TestRam _ram = new((0UL, MemoryLayout.MinimumRam));
    private readonly RecordingLine _line = new();
    private readonly AcpiPower _power;

    public GenerationIdTests() => _power = new AcpiPower(new RecordingPower(), _line);

    public void Dispose() => _ram.Dispose();

    private Guid InMemory => new(_ram.Bytes(MemoryLayout.GenerationIdStart, GenerationId.Size));

    [Fact]
    public void Fresh_one_is_in_guest_memory_and_nobody_is_told()
    {
        GenerationId generation = new(_ram.Memory, _power, new Countdown());
        Assert.NotEqual(Guid.Empty, generation.Value);
        Assert.Equal(generation.Value, InMemory);
        Assert.Equal(0, _line.Edges);
    }

    [Fact]
    public void Guest_that_reset_itself_keeps_its_own()
    {
        Guid before = new("6f8d2e2e-6a6c-4a4c-8a4f-0123456789ab");
        GenerationId generation = new(_ram.Memory, _power, new Countdown(), before);
        Assert.Equal((before, before), (generation.Value, InMemory));
    }

    [Fact]
    public void Renewed_one_is_another_and_the_guest_is_told_by_an_event()
    {
        GenerationId generation = new(_ram.Memory, _power, new Countdown());
        Guid before = generation.Value;
        Guid renewed = generation.Renew();
        Assert.NotEqual(before, renewed);
        Assert.Equal((renewed, renewed), (generation.Value, InMemory));
        Assert.Equal(1, _line.Edges);
        Assert.Equal(AcpiHardware.EventGeneration, _power.In8(AcpiHardware.EventStatusPort - AcpiHardware.PortStart));
    }

    [Fact]
    public void It_lies_in_reserved_memory_apart_from_the_tables()
    {
        Assert.InRange(MemoryLayout.GenerationIdStart, MemoryLayout.AcpiStart, MemoryLayout.HighMemoryStart - GenerationId.Size);
        Assert.Equal(0UL, MemoryLayout.GenerationIdStart % MemoryLayout.PageSize);
    }

    /// <summary>Never the same bytes twice.</summary>
    private sealed class Countdown : IEntropySource
    {
        private byte _next = byte.MaxValue;

        public void Fill(Span<byte> destination)
        {
            foreach (ref byte value in destination)
                value = _next--;
        }
    }
}
