using Iced.Intel;
using Vmm.Firmware.Assembly;

namespace Vmm.Firmware.Listing;

/// <summary>
/// Takes an image apart: instructions with address and bytes, operands that point at a label written with its name, and
/// data as text where it is text.
/// </summary>
internal sealed class Disassembly
{
    private readonly GuestImage _image;
    private readonly Formatter _formatter;

    public Disassembly(GuestImage image, AssemblySyntax syntax)
    {
        _image = image;
        var names = new LabelNames(image);
        _formatter = syntax switch
        {
            AssemblySyntax.Intel => new IntelFormatter(names),
            AssemblySyntax.Gas => new GasFormatter(names),
            _ => new NasmFormatter(names),
        };
        _formatter.Options.HexPrefix = "0x";
        _formatter.Options.HexSuffix = null;
        _formatter.Options.UppercaseHex = false;
        _formatter.Options.SpaceAfterOperandSeparator = true;
        _formatter.Options.RipRelativeAddresses = false;
        _formatter.Options.BranchLeadingZeros = false;
    }

    public IEnumerable<DisassemblyLine> Lines()
    {
        foreach (ImageSection section in _image.Sections)
        {
            yield return new DisassemblyLine(DisassemblyLineKind.Section, section.RunAddress, default, Title(section));
            IEnumerable<DisassemblyLine> lines = section.Kind == SectionKind.Data ? DataLines(section) : CodeLines(section);
            foreach (DisassemblyLine line in lines)
                yield return line;
        }
    }

    private static string Title(ImageSection section)
    {
        string kind = section.Kind == SectionKind.Data ? "data" : $"{(int)section.Kind}-bit code";
        string moved = section.LoadAddress == section.RunAddress ? "" : $", loaded at 0x{section.LoadAddress:x}";
        return $"{section.Name}: {kind}, {section.Bytes.Length} bytes at 0x{section.RunAddress:x}{moved}";
    }

    private IEnumerable<DisassemblyLine> CodeLines(ImageSection section)
    {
        var decoder = Decoder.Create((int)section.Kind, new MemoryReader(section.Bytes));
        decoder.IP = section.RunAddress;
        var output = new StringOutput();
        int mark = 0;
        ulong end = section.RunAddress + (ulong)section.Bytes.Length;
        while (decoder.IP < end)
        {
            decoder.Decode(out Instruction instruction);
            for (; mark < section.Marks.Count && section.Marks[mark].Address <= instruction.IP; mark++)
                yield return MarkLine(section.Marks[mark]);
            _formatter.Format(instruction, output);
            int offset = (int)(instruction.IP - section.RunAddress);
            yield return new DisassemblyLine(
                DisassemblyLineKind.Instruction, instruction.IP, section.Bytes.Slice(offset, instruction.Length),
                output.ToStringAndReset());
        }
    }

    private static DisassemblyLine MarkLine(ImageMark mark) => new(
        mark.IsLabel ? DisassemblyLineKind.Label : DisassemblyLineKind.Remark, mark.Address, default, mark.Text);

    private static IEnumerable<DisassemblyLine> DataLines(ImageSection section)
    {
        for (int i = 0; i < section.Marks.Count; i++)
        {
            ImageMark mark = section.Marks[i];
            yield return MarkLine(mark);
            int start = (int)(mark.Address - section.RunAddress);
            int end = i + 1 < section.Marks.Count
                ? (int)(section.Marks[i + 1].Address - section.RunAddress)
                : section.Bytes.Length;
            foreach (DisassemblyLine line in DataText.Lines(mark.Address, section.Bytes[start..end]))
                yield return line;
        }
    }

    private sealed class MemoryReader(ReadOnlyMemory<byte> bytes) : CodeReader
    {
        private int _next;

        public override int ReadByte() => _next < bytes.Length ? bytes.Span[_next++] : -1;
    }

    private sealed class LabelNames(GuestImage image) : ISymbolResolver
    {
        private readonly Dictionary<ulong, string> _names = image.Sections
            .SelectMany(section => section.Marks)
            .Where(mark => mark.IsLabel)
            .DistinctBy(mark => mark.Address)
            .ToDictionary(mark => mark.Address, mark => mark.Text);

        public bool TryGetSymbol(
            in Instruction instruction, int operand, int instructionOperand, ulong address, int addressSize,
            out SymbolResult symbol)
        {
            if (_names.TryGetValue(address, out string? name))
            {
                symbol = new SymbolResult(address, name);
                return true;
            }
            symbol = default;
            return false;
        }
    }
}
