using System.Text;
using System.Xml.Linq;
using Vmm.Gdb.Registers;
using Vmm.Kvm.Abi;
using Xunit;

namespace Vmm.Tests.Vmm.Gdb;

public class RegisterTests
{
    private static readonly XDocument s_description = XDocument.Parse(Encoding.ASCII.GetString(TargetDescription.Xml.Span).Replace("<!DOCTYPE target SYSTEM \"gdb-target.dtd\">", "", StringComparison.Ordinal));

    [Fact]
    public void Registers_follow_each_other_without_gaps()
    {
        int offset = 0;
        foreach (GdbRegister register in RegisterLayout.All)
        {
            Assert.Equal((register.Name, offset), (register.Name, register.Offset));
            offset += register.Length;
        }
        Assert.Equal(RegisterLayout.Size, offset);
        Assert.Equal(RegisterLayout.All.Count, RegisterLayout.All.Select(register => register.Name).Distinct().Count());
    }

    [Fact]
    public void Description_has_every_register_with_a_type_that_is_described_or_known()
    {
        string[] known = ["int64", "int32", "int16", "int8", "int", "data_ptr", "code_ptr", "i387_ext", "ieee_single", "ieee_double", "uint128"];
        foreach (XElement feature in s_description.Root!.Elements("feature"))
        {
            IEnumerable<string> own = feature.Elements().Where(element => element.Name != "reg").Select(element => element.Attribute("id")!.Value);
            HashSet<string> types = [.. known, .. own];
            Assert.All(feature.Descendants().Attributes("type"), type => Assert.Contains(type.Value, types));
        }
        Assert.Equal(
            RegisterLayout.All.Select(register => (register.Name, register.Bits)),
            s_description.Descendants("reg").Select(reg => (reg.Attribute("name")!.Value, int.Parse(reg.Attribute("bitsize")!.Value, System.Globalization.CultureInfo.InvariantCulture))));
    }

    [Fact]
    public void Ordinary_registers_survive_the_way_there_and_back()
    {
        kvm_regs regs = new()
        {
            rax = 1,
            rbx = 2,
            rcx = 3,
            rdx = 4,
            rsi = 5,
            rdi = 6,
            rbp = 7,
            rsp = 8,
            r8 = 9,
            r9 = 10,
            r10 = 11,
            r11 = 12,
            r12 = 13,
            r13 = 14,
            r14 = 15,
            r15 = 16,
            rip = 0xffffffff81000000,
            rflags = 0x246,
        };
        byte[] block = new byte[RegisterLayout.Size];
        RegisterBlock.Put(regs, block);
        Assert.Equal(regs, RegisterBlock.Take(block, default(kvm_regs)));
        Assert.Equal(5, block[Offset("rsi")]);
        Assert.Equal(7, block[Offset("rbp")]);
        Assert.Equal(0x46, block[Offset("eflags")]);
    }

    [Fact]
    public void System_registers_survive_the_way_there_and_back_and_selectors_only_there()
    {
        kvm_sregs special = new() { cr0 = 1, cr2 = 2, cr3 = 3, cr4 = 4, cr8 = 5, efer = 6 };
        special.fs.@base = 7;
        special.gs.@base = 8;
        special.cs.selector = 0x10;
        special.ss.selector = 0x18;
        byte[] block = new byte[RegisterLayout.Size];
        RegisterBlock.Put(special, block);
        Assert.Equal((0x10, 0x18, 3, 6, 8), (block[Offset("cs")], block[Offset("ss")], block[Offset("cr3")], block[Offset("efer")], block[Offset("gs_base")]));
        kvm_sregs back = RegisterBlock.Take(block, default(kvm_sregs));
        Assert.Equal((1UL, 2UL, 3UL, 4UL, 5UL, 6UL, 7UL, 8UL), (back.cr0, back.cr2, back.cr3, back.cr4, back.cr8, back.efer, back.fs.@base, back.gs.@base));
        Assert.Equal(0, back.cs.selector);
    }

    [Fact]
    public void Floating_point_registers_survive_the_way_there_and_back()
    {
        byte[] block = new byte[RegisterLayout.Size];
        for (int i = RegisterLayout.X87; i < RegisterLayout.Bases; i++)
            block[i] = (byte)(i * 7);
        // What the hardware has of the control words, and no more.
        foreach ((string name, uint value) in new (string, uint)[] { ("fctrl", 0x37f), ("fstat", 0x3800), ("fiseg", 0x10), ("foseg", 0x18), ("fop", 0x7ff), ("mxcsr", 0x1f80), ("ftag", 0x7fff) })
            BitConverter.TryWriteBytes(block.AsSpan(Offset(name)), value);
        // The top of the stack is register 7 here, and it holds zero: that is what tag 01 says.
        block.AsSpan(Offset("st0"), 10).Clear();
        byte[] area = new byte[FloatingPoint.LeastArea];
        FloatingPoint.Take(block, area);
        byte[] back = new byte[RegisterLayout.Size];
        FloatingPoint.Put(area, back);
        Assert.Equal(Convert.ToHexString(block[RegisterLayout.X87..RegisterLayout.Bases]), Convert.ToHexString(back[RegisterLayout.X87..RegisterLayout.Bases]));
        // XSTATE_BV: without its bits the processor would take the initial state.
        Assert.Equal(3, area[512]);
    }

    [Theory]
    [InlineData(0x00, 0xffff)]
    [InlineData(0x80, 0x3fff)]
    public void Tags_are_worked_out_from_what_the_registers_hold(byte abridged, ushort tags)
    {
        byte[] stack = new byte[8 * 16];
        // 1.0 in ST0, which is register 7.
        stack[7] = 0x80;
        stack[8] = 0xff;
        stack[9] = 0x3f;
        Assert.Equal(tags, X87Tags.Full(abridged, 7 << 11, stack));
        Assert.Equal(abridged, X87Tags.Abridged(tags));
    }

    private static int Offset(string name) => RegisterLayout.All.Single(register => register.Name == name).Offset;
}
