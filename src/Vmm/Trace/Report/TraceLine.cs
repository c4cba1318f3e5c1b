using System.Globalization;
using System.Text;
using Iced.Intel;
using Vmm.Machine.Exits;
using Vmm.Trace.Format;
using Vmm.Trace.Meaning;

namespace Vmm.Trace.Report;

/// <summary>An exit as a line of text: when, vCPU, reason, access, register and value in words, the instruction, where it is, and what it took.</summary>
/// <param name="symbols">Names of addresses; null for none.</param>
/// <param name="header">What is in the trace.</param>
internal sealed class TraceLine(SymbolTable? symbols, TraceHeader header)
{
    private const int ShownBytes = 16;

    private readonly RegisterReader _registers = new(header);
    private readonly NasmFormatter _formatter = new() { Options = { HexPrefix = "0x", HexSuffix = "", UppercaseHex = false, SpaceAfterOperandSeparator = true } };
    private readonly StringOutput _assembly = new();

    /// <summary>The register that an access went to, and its value in words. For every exit, in order, also for those that are not shown.</summary>
    public RegisterMeaning? Read(TracedExit exit) => _registers.Read(exit);

    /// <summary>The line.</summary>
    /// <param name="exit">The exit.</param>
    /// <param name="register">What <see cref="Read"/> said of it.</param>
    public string Text(TracedExit exit, RegisterMeaning? register)
    {
        StringBuilder line = new();
        line.Append(CultureInfo.InvariantCulture, $"{exit.Left / 1e9,14:0.000000000}  vcpu{exit.Vcpu}  {ExitReasonName.Of(exit.Reason),-5}  ");
        line.Append(Access(exit, register).PadRight(58)).Append("  ");
        line.Append((Assembly(exit.Code) ?? "").PadRight(32)).Append("  ");
        line.Append((Place(exit.Code) ?? "").PadRight(16)).Append("  ");
        line.Append(CultureInfo.InvariantCulture, $"handler {Duration(exit.Handled)}, guest {Duration(exit.InGuest)}");
        return line.ToString();
    }

    /// <summary>The instruction in assembler's words; null when it was not in RAM.</summary>
    public string? Assembly(TracedCode? code)
    {
        if (code is not { Bytes.Length: > 0 })
            return null;
        Iced.Intel.Decoder decoder = Iced.Intel.Decoder.Create(code.Bits, new ByteArrayCodeReader(code.Bytes), code.Address);
        decoder.Decode(out Instruction one);
        if (one.IsInvalid)
            return null;
        _formatter.Format(one, _assembly);
        string text = _assembly.ToStringAndReset();
        return code.Known ? text : $"(before) {text}";
    }

    /// <summary>Where an instruction is: its symbol, or its address.</summary>
    public string? Place(TracedCode? code) => code is null ? null : symbols?.Find(code.Address) ?? $"{code.Address:x}";

    /// <summary>What was accessed, in words; of a step, the registers that it changed.</summary>
    public static string Access(TracedExit exit, RegisterMeaning? register)
    {
        if (exit.Changed is { } changed)
            return string.Join(' ', changed.Select(register => string.Create(CultureInfo.InvariantCulture, $"{register.Name}=0x{register.Value:x}")));
        if (exit.Access == AccessKind.None)
            return "";
        string place = exit.Access switch
        {
            AccessKind.PortRead or AccessKind.PortWrite => $"0x{exit.Address:x}",
            AccessKind.MsrRead or AccessKind.MsrWrite => $"msr 0x{exit.Address:x}",
            _ => $"[0x{exit.Address:x}]",
        };
        string device = exit.Access is AccessKind.MsrRead or AccessKind.MsrWrite ? "" : $" {exit.Device?.Name ?? ExitFilter.Nobody}";
        string name = register is { Name: var known } ? $" {known}" : exit.Device is not null && exit.Offset > 0 ? $" +0x{exit.Offset:x}" : "";
        string meaning = register is { Value.Length: > 0 } words ? $" ({words.Value})" : "";
        return $"{place}{device}{name} {(exit.IsWrite ? "<-" : "->")} {Value(exit)}{meaning}";
    }

    /// <summary>A time with three digits and the unit that fits.</summary>
    public static string Duration(long nanoseconds) => Cli.ExitStatistics.Duration(nanoseconds);

    private static string Value(TracedExit exit)
    {
        if (exit.Count <= 1)
            return $"0x{exit.Value.ToString($"x{Math.Max(1, exit.Size) * 2}", CultureInfo.InvariantCulture)}";
        string bytes = Convert.ToHexStringLower(exit.Data.AsSpan(0, Math.Min(ShownBytes, exit.Data.Length)));
        return $"{exit.Count} x {exit.Size} bytes {bytes}{(exit.Count * exit.Size > ShownBytes ? "..." : "")}";
    }
}
