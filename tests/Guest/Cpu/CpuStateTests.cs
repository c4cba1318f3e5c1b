using Vmm.Guest.Cpu;
using Vmm.Guest.Memory;
using Vmm.Tests.Guest.Images;

namespace Vmm.Tests.Guest.Cpu;

public class CpuStateTests
{
    [Fact]
    public void Descriptors_have_the_architectures_form()
    {
        Assert.Equal(0x00CF_9B00_0000_FFFFUL, SegmentState.Code32(0x10).ToDescriptor());
        Assert.Equal(0x00AF_9B00_0000_FFFFUL, SegmentState.Code64(0x10).ToDescriptor());
        Assert.Equal(0x00CF_9300_0000_FFFFUL, SegmentState.Data(0x18).ToDescriptor());
        Assert.Equal(0x00CF_F300_0000_FFFFUL, SegmentState.Data(0x30).ForUser().ToDescriptor());
        Assert.Equal(0x1200_8B34_5678_0067UL, (SegmentState.Task(0x20) with { Base = 0x1234_5678 }).ToDescriptor());
    }

    [Fact]
    public void User_start_runs_at_cpl_3_with_port_access()
    {
        using var ram = TestRam.OfMiB(2);
        DescriptorTable gdt = CpuStart.WriteGdt(ram.Memory, new GuestAddress(0x1000), long64: true);
        CpuState state = CpuStart.LongUser(gdt, new GuestAddress(0x2000), new GeneralRegisters { Rip = 0x1234 });
        Assert.True(state is { Cs: { Selector: 0x3B, Dpl: 3, LongMode: true }, Ss: { Selector: 0x33, Dpl: 3 } });
        Assert.Equal(0x3002UL, state.General.Rflags);
        Assert.Equal(state.Cs.ToDescriptor(), ram.Read<ulong>(gdt.Base + 0x38));
        Assert.Equal(state.Ss.ToDescriptor(), ram.Read<ulong>(gdt.Base + 0x30));
        Assert.Equal(CpuStart.GdtSize - 1, gdt.Limit);
    }

    [Fact]
    public void User_page_tables_let_user_code_in()
    {
        using var ram = TestRam.OfMiB(2);
        PageTables.WriteIdentity(ram.Memory, new GuestAddress(0x2000), 1, user: true);
        Assert.Equal(0x3007UL, ram.Read<ulong>(0x2000));
        Assert.Equal(0x4007UL, ram.Read<ulong>(0x3000));
        Assert.Equal(0x20_0087UL, ram.Read<ulong>(0x4008));
        Assert.Equal(0x3000UL, PageTables.SizeFor(1));
    }

    [Fact]
    public void Reset_vector_lies_16_bytes_below_4_GiB()
    {
        CpuState state = CpuStart.ResetVector();
        Assert.Equal(0xFFFF_FFF0UL, state.Cs.Base + state.General.Rip);
        Assert.Equal(0x6000_0010UL, state.Cr0);
    }

    [Theory]
    [InlineData(1, 1, 1, new uint[] { 0 })]
    [InlineData(1, 4, 1, new uint[] { 0, 1, 2, 3 })]
    [InlineData(2, 3, 1, new uint[] { 0, 1, 2, 4, 5, 6 })]
    [InlineData(2, 1, 3, new uint[] { 0, 1, 2, 4, 5, 6 })]
    [InlineData(2, 3, 2, new uint[] { 0, 1, 2, 3, 4, 5, 8, 9, 10, 11, 12, 13 })]
    public void Apic_ids_have_a_bit_field_for_each_level(int sockets, int cores, int threads, uint[] ids) =>
        Assert.Equal(ids, new ProcessorTopology(sockets, cores, threads).ApicIds());
}
