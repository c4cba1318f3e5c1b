using Iced.Intel;

namespace Vmm.Inspect;

/// <summary>Disassembles what a vCPU runs.</summary>
internal static class CodeListing
{
    /// <summary>Bytes of the longest instruction (Intel SDM 2A, 2.3.11).</summary>
    public const int LongestInstruction = 15;

    /// <summary>Reads and disassembles instructions, as far as there is memory.</summary>
    /// <param name="memory">Memory as the vCPU sees it.</param>
    /// <param name="linear">Where they are.</param>
    /// <param name="shown">The address that the first one is shown with, as RIP counts.</param>
    /// <param name="bits">16, 32 or 64.</param>
    /// <param name="count">How many.</param>
    public static IReadOnlyList<CodeLine> Read(LinearMemory memory, ulong linear, ulong shown, int bits, int count)
    {
        byte[] code = new byte[count * LongestInstruction];
        int length = memory.Read(linear, code);
        Decoder decoder = Decoder.Create(bits, new ByteArrayCodeReader(code, 0, length), shown);
        NasmFormatter formatter = new();
        formatter.Options.HexPrefix = "0x";
        formatter.Options.HexSuffix = null;
        formatter.Options.UppercaseHex = false;
        formatter.Options.SpaceAfterOperandSeparator = true;
        formatter.Options.BranchLeadingZeros = false;
        StringOutput text = new();
        List<CodeLine> lines = new(count);
        int at = 0;
        while (lines.Count < count && at < length)
        {
            decoder.Decode(out Instruction instruction);
            if (decoder.LastError == DecoderError.NoMoreBytes)
                break;
            formatter.Format(instruction, text);
            // One that is none is a byte that is skipped, so that what follows may be found again.
            int size = Math.Max(instruction.Length, 1);
            string said = instruction.IsInvalid ? $"(no instruction) {text.ToStringAndReset()}" : text.ToStringAndReset();
            lines.Add(new CodeLine(instruction.IP, code[at..(at + size)], said));
            at += size;
        }
        return lines;
    }
}
