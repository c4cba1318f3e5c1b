using System.Globalization;
using Vmm.Host;
using Vmm.Kvm.State;
using Vmm.Machine.Config;

namespace Vmm.Inspect;

/// <summary>Addresses as people write them: numbers, or the name of a register that holds one.</summary>
internal static class Addresses
{
    private const string Prefix = "0x";

    /// <summary>Reads one.</summary>
    /// <param name="text">What was typed.</param>
    /// <param name="vcpu">Whose registers.</param>
    /// <exception cref="VmmException">It is none.</exception>
    public static ulong Parse(string text, VcpuRecord vcpu)
    {
        if (TryParse(text, out ulong number))
            return number;
        return Register(text.ToLowerInvariant(), vcpu)
            ?? throw InspectRules.Wrong($"'{Printable.Escape(text)}' is no address: write 0xffffffff81000000, 4096, or a register's name, such as rsp, cr3 or idt");
    }

    /// <summary>Reads one that is a number: hexadecimal after 0x, else decimal.</summary>
    public static bool TryParse(string text, out ulong number) => text.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase)
        ? ulong.TryParse(text.AsSpan(Prefix.Length), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out number)
        : ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);

    private static ulong? Register(string name, VcpuRecord vcpu)
    {
        (GeneralRegisters g, SystemRegisters s) = (vcpu.General, vcpu.System);
        return name switch
        {
            "rip" => ProcessorMode.CodeAddress(g, s),
            "rsp" => ProcessorMode.StackAddress(g, s),
            "rax" => g.Rax,
            "rbx" => g.Rbx,
            "rcx" => g.Rcx,
            "rdx" => g.Rdx,
            "rsi" => g.Rsi,
            "rdi" => g.Rdi,
            "rbp" => g.Rbp,
            "r8" => g.R8,
            "r9" => g.R9,
            "r10" => g.R10,
            "r11" => g.R11,
            "r12" => g.R12,
            "r13" => g.R13,
            "r14" => g.R14,
            "r15" => g.R15,
            "cr2" => s.Cr2,
            "cr3" => s.Cr3,
            "gdt" => s.Gdt.Base,
            "idt" => s.Idt.Base,
            "tr" => s.Tr.Base,
            "fs" => s.Fs.Base,
            "gs" => s.Gs.Base,
            _ => null,
        };
    }
}
