using Vmm.Firmware.Assembly;
using Vmm.Firmware.Listing;

namespace Vmm.Firmware;

/// <summary>
/// A guest small enough to be read in one sitting, written in C# and assembled when it is asked for. Each has one
/// purpose, says what it needs, and says what it prints and how it ends.
/// </summary>
public abstract class TinyGuest
{
    /// <summary>The name users type: lower case, words joined by hyphens.</summary>
    public abstract string Name { get; }

    /// <summary>One line for lists.</summary>
    public abstract string Summary { get; }

    /// <summary>One paragraph: what it does, how, and what there is to see.</summary>
    public abstract string Explanation { get; }

    /// <summary>What may be set on the kernel command line, as name=number.</summary>
    public virtual IReadOnlyList<GuestParameter> Parameters => [];

    /// <summary>The least machine it runs on.</summary>
    public virtual GuestNeeds Needs => GuestNeeds.Least;

    /// <summary>What it prints, and how it ends.</summary>
    public abstract GuestExpectation Expectation { get; }

    /// <summary>Assembles the guest.</summary>
    /// <param name="withMarks">Keep labels and remarks, for a listing; loading needs none.</param>
    public GuestImage Build(bool withMarks = false)
    {
        var program = new GuestProgram();
        Write(program);
        return program.Assemble(withMarks);
    }

    /// <summary>Assembles the guest into a PVH ELF file.</summary>
    public byte[] BuildElf() => Build().ToPvhElf();

    /// <summary>Assembles the guest and takes it apart again, with labels and remarks.</summary>
    /// <param name="syntax">The assembler language to write instructions in.</param>
    public IEnumerable<DisassemblyLine> Disassemble(AssemblySyntax syntax = AssemblySyntax.Nasm) =>
        new Disassembly(Build(withMarks: true), syntax).Lines();

    /// <summary>Writes the guest's code and data.</summary>
    private protected abstract void Write(GuestProgram program);
}
