using Iced.Intel;

namespace Vmm.Firmware.Assembly;

/// <summary>
/// Code of one width at one address. Guests write instructions straight to <see cref="Asm"/>; labels and remarks go
/// through the section, so that listings can show them.
/// </summary>
internal sealed class CodeSection
{
    private readonly string _name;
    private readonly ulong _loadAddress;
    private readonly ulong _runAddress;
    private readonly int _room;
    private readonly List<(int Index, string Text, bool IsLabel)> _marks = [];

    public CodeSection(string name, SectionKind kind, ulong loadAddress, ulong runAddress, int room)
    {
        _name = name;
        Kind = kind;
        _loadAddress = loadAddress;
        _runAddress = runAddress;
        _room = room;
        Asm = new Assembler((int)kind);
    }

    public SectionKind Kind { get; }

    /// <summary>Where instructions go.</summary>
    public Assembler Asm { get; }

    public Label NewLabel(string name) => Asm.CreateLabel(name);

    /// <summary>The label stands before the next instruction.</summary>
    public void Place(ref Label label)
    {
        Asm.Label(ref label);
        _marks.Add((Asm.Instructions.Count, label.Name, true));
    }

    /// <summary>A remark for readers of the listing, before the next instruction.</summary>
    public void Remark(string text) => _marks.Add((Asm.Instructions.Count, text, false));

    /// <summary>
    /// A far jump: loads CS and with it the width of the code at the target. The only way between 16, 32 and 64 bits.
    /// </summary>
    public void FarJump(ushort selector, uint offset)
    {
        Code code = Kind == SectionKind.Code16 && offset <= ushort.MaxValue ? Code.Jmp_ptr1616 : Code.Jmp_ptr1632;
        Asm.AddInstruction(Instruction.CreateBranch(code, selector, offset));
    }

    public ImageSection Assemble(bool withMarks)
    {
        var bytes = new ByteWriter();
        AssemblerResult result = Asm.Assemble(
            bytes, _runAddress, withMarks ? BlockEncoderOptions.ReturnNewInstructionOffsets : BlockEncoderOptions.None);
        if (bytes.Count > _room)
            throw new InvalidOperationException($"{_name}: {bytes.Count} bytes of code, room for {_room}.");
        return new ImageSection(
            _name, Kind, _loadAddress, _runAddress, bytes.ToArray(), withMarks ? Marks(result, bytes.Count) : []);
    }

    private ImageMark[] Marks(AssemblerResult result, int size)
    {
        uint[] offsets = result.Result[0].NewInstructionOffsets;
        var marks = new ImageMark[_marks.Count];
        for (int i = 0; i < marks.Length; i++)
        {
            (int index, string text, bool isLabel) = _marks[i];
            uint offset = index < offsets.Length ? offsets[index] : (uint)size;
            marks[i] = new ImageMark(_runAddress + offset, text, isLabel);
        }
        return marks;
    }

    private sealed class ByteWriter : CodeWriter
    {
        private readonly List<byte> _bytes = new(512);

        public int Count => _bytes.Count;

        public override void WriteByte(byte value) => _bytes.Add(value);

        public byte[] ToArray() => [.. _bytes];
    }
}
