using Vmm.Guest.Cpu.Paging;
using Vmm.Inspect.Views;
using Vmm.Machine;

namespace Vmm.Inspect.Crash;

/// <summary>Tells from a vCPU's state what it most likely crashed of.</summary>
internal static class CrashCause
{
    private const ulong ResetVector = 0xffff_0000;
    private const ulong ResetOffset = 0xfff0;

    /// <summary>One line; null when nothing can be said.</summary>
    public static string? Deduce(CrashScene scene) => scene.Kind switch
    {
        OutcomeKind.TripleFault => TripleFault(scene),
        OutcomeKind.InternalError => EmulationCause.Deduce(scene),
        OutcomeKind.EntryFailure => EntryCause.Deduce(scene.General, scene.System),
        _ => null,
    };

    /// <summary>AMD's processors leave nothing of a guest that shut down, so KVM resets the vCPU before it tells (linux: arch/x86/kvm/svm/svm.c, shutdown_interception).</summary>
    private static bool WasReset(CrashScene scene) =>
        scene.System.Cs.Base == ResetVector && scene.General.Rip == ResetOffset && (scene.System.Cr0 & 1) == 0;

    private static string TripleFault(CrashScene scene)
    {
        if (WasReset(scene))
            return "not to be told: on AMD processors KVM resets the vCPU before it reports a triple fault, and these registers are those of the reset";
        DescriptorReader reader = new(scene);
        (int? first, string why) = FirstException(scene);
        string begin = first is int vector ? $"{ExceptionNames.Of(vector)} ({why}), " : "";
        string? obstacle = first is int known ? reader.FindObstacle(known) : null;
        // What a guest cannot deliver of any exception is the same as what it cannot of this one.
        obstacle ??= reader.FindObstacle(ExceptionNames.PageFault) ?? reader.FindObstacle(ExceptionNames.Protection);
        string? last = reader.FindObstacle(ExceptionNames.DoubleFault);
        if (obstacle is not null)
            return $"{begin}{(begin.Length > 0 ? "and " : "")}{obstacle}{(last is null || last == obstacle ? "" : $"; and {last}")}";
        if (last is not null)
            return $"{begin}{(begin.Length > 0 ? "then a fault in its handler, and " : "a fault in a handler, and ")}{last}";
        return begin.Length > 0
            ? $"{begin}and a fault in its handler: IDT, GDT and stack look usable; CR2 is 0x{scene.System.Cr2:x}"
            : $"a fault in a fault's handler: IDT, GDT and stack look usable; CR2, the address of the last page fault, is 0x{scene.System.Cr2:x}";
    }

    /// <summary>What the instruction at RIP raises, as far as that shows.</summary>
    private static (int? Vector, string Why) FirstException(CrashScene scene)
    {
        PageWalkResult walk = scene.Memory.Walk(scene.CodeAddress);
        if (WalkText.Fault(walk) is { } fault)
            return (walk.Fault == PageWalkFault.NotCanonical ? ExceptionNames.Protection : ExceptionNames.PageFault, $"code at RIP: {fault}");
        if (walk.IsNoExecute)
            return (ExceptionNames.PageFault, "code at RIP: its page has NX");
        return EmulationCause.Decode(scene) switch
        {
            { IsInvalid: true } => (ExceptionNames.InvalidOpcode, "the bytes at RIP are no instruction"),
            { Mnemonic: Iced.Intel.Mnemonic.Ud2 or Iced.Intel.Mnemonic.Ud1 or Iced.Intel.Mnemonic.Ud0 } => (ExceptionNames.InvalidOpcode, "an instruction that is undefined on purpose"),
            { Mnemonic: Iced.Intel.Mnemonic.Int3 } => (ExceptionNames.Breakpoint, "a breakpoint"),
            { } instruction when EmulationCause.Operand(scene, instruction) is { } operand && WalkText.Fault(scene.Memory.Walk(operand)) is { } missing =>
                (ExceptionNames.PageFault, $"its operand at 0x{operand:x}: {missing}"),
            _ => (null, ""),
        };
    }
}
