using Vmm.Firmware.Blocks;

namespace Vmm.Firmware.Assembly;

/// <summary>
/// A guest while it is written: sections of code in the three widths, data, and the shared blocks it has asked for.
/// What is not used is not emitted.
/// </summary>
internal sealed class GuestProgram
{
    private readonly List<IRoutine> _routines = [];
    private CodeSection? _ascent;
    private CodeSection? _real;
    private CodeSection? _descent;
    private DataSection? _realData;
    private CodeSection? _main;
    private byte[]? _pageTables;

    /// <summary>32-bit code: where the VMM enters.</summary>
    public CodeSection Entry { get; } = new(
        "entry", SectionKind.Code32, GuestLayout.Entry, GuestLayout.Entry,
        (int)(GuestLayout.Ascent - GuestLayout.Entry));

    /// <summary>Texts and variables.</summary>
    public DataSection Data { get; } = new(
        "data", GuestLayout.Data, GuestLayout.Data, (int)(GuestLayout.PageTables - GuestLayout.Data));

    /// <summary>32-bit code that real-mode code jumps to.</summary>
    public CodeSection Ascent => _ascent ??= new CodeSection(
        "ascent", SectionKind.Code32, GuestLayout.Ascent, GuestLayout.Ascent,
        (int)(GuestLayout.RealModeImage - GuestLayout.Ascent));

    /// <summary>Real-mode code; it runs at <see cref="GuestLayout.RealMode"/> after it was copied there.</summary>
    public CodeSection Real => _real ??= new CodeSection(
        "real", SectionKind.Code16, GuestLayout.RealModeImage, GuestLayout.RealMode,
        (int)(GuestLayout.Descent - GuestLayout.RealMode));

    /// <summary>16-bit protected-mode code beside it, on the way down.</summary>
    public CodeSection Descent => _descent ??= new CodeSection(
        "descent", SectionKind.Code16, GuestLayout.RealModeImage + (GuestLayout.Descent - GuestLayout.RealMode),
        GuestLayout.Descent, (int)(GuestLayout.RealModeData - GuestLayout.Descent));

    /// <summary>Data that real-mode code reaches.</summary>
    public DataSection RealData => _realData ??= new DataSection(
        "real-data", GuestLayout.RealModeImage + (GuestLayout.RealModeData - GuestLayout.RealMode),
        GuestLayout.RealModeData,
        (int)(GuestLayout.RealModeImageSize - (GuestLayout.RealModeData - GuestLayout.RealMode)));

    /// <summary>64-bit code.</summary>
    public CodeSection Main => _main ??= new CodeSection(
        "main", SectionKind.Code64, GuestLayout.Main, GuestLayout.Main, (int)(GuestLayout.Data - GuestLayout.Main));

    /// <summary>The page tables long mode needs, ready made.</summary>
    public void SetPageTables(byte[] tables) => _pageTables = tables;

    /// <summary>The block of a type, made at the first request; its code is written behind the guest's.</summary>
    public T Use<T>(Func<GuestProgram, T> create) where T : class, IRoutine
    {
        foreach (IRoutine routine in _routines)
        {
            if (routine is T known)
                return known;
        }
        T block = create(this);
        _routines.Add(block);
        return block;
    }

    /// <summary>Writes the blocks, then assembles every section that is in use.</summary>
    public GuestImage Assemble(bool withMarks)
    {
        // A block may ask for another one while it is written, so the list may grow under way.
        for (int i = 0; i < _routines.Count; i++)
            _routines[i].Write();

        var sections = new List<ImageSection>();
        foreach (CodeSection? code in (ReadOnlySpan<CodeSection?>)[Entry, _ascent, _real, _descent])
        {
            if (code is not null)
                sections.Add(code.Assemble(withMarks));
        }
        if (_realData is not null)
            sections.Add(_realData.Assemble());
        if (_main is not null)
            sections.Add(_main.Assemble(withMarks));
        if (!Data.IsEmpty)
            sections.Add(Data.Assemble());
        if (_pageTables is not null)
            sections.Add(PageTables.ToSection(_pageTables));
        return new GuestImage(GuestLayout.Entry, sections);
    }
}
