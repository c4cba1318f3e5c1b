using Vmm.Host;
using Vmm.Inspect.Report;
using Vmm.Kvm.State;

namespace Vmm.Inspect.Views;

/// <summary>Disassembly.</summary>
internal static class CodeView
{
    private const int Usual = 10;

    /// <summary>Instructions from an address on, or from RIP.</summary>
    /// <exception cref="VmmException">There is no memory at the address.</exception>
    public static InspectReport Of(InspectedMachine machine, InspectRequest request)
    {
        VcpuRecord vcpu = machine.Vcpu(request.Vcpu);
        LinearMemory memory = machine.Linear(request.Vcpu);
        ulong next = ProcessorMode.CodeAddress(vcpu.General, vcpu.System);
        ulong linear = request.Where is { } where ? Addresses.Parse(where, vcpu) : next;
        ulong shown = linear == next ? vcpu.General.Rip : linear;
        IReadOnlyList<CodeLine> lines = CodeListing.Read(memory, linear, shown, ProcessorMode.CodeBits(vcpu.System), request.Count ?? Usual);
        if (lines.Count == 0)
            throw new VmmException($"there is no code to read at 0x{linear:x}: {WalkText.Fault(memory.Walk(linear)) ?? "it is no RAM"}");
        return InspectReport.Of(Block(lines, vcpu.General.Rip, linear == next));
    }

    /// <summary>Instructions as a table; the one that is next is marked.</summary>
    public static InspectBlock Block(IReadOnlyList<CodeLine> lines, ulong rip, bool fromRip) => InspectBlock.Table(
        "code", ["next", "address", "bytes", "instruction"],
        [.. lines.Select(line => (IReadOnlyList<InspectCell>)[fromRip && line.Address == rip ? "=>" : "", InspectCell.Hex(line.Address), Convert.ToHexStringLower(line.Bytes), line.Text])])
        with
    { Headed = false, Titled = false };
}
