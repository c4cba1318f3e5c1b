using System.Buffers.Binary;
using Vmm.Guest.Cpu.Paging;
using Vmm.Inspect.Views;

namespace Vmm.Inspect.Crash;

/// <summary>Goes the way that the processor goes to deliver an exception, and says where it ends (Intel SDM 3A, 6.10 to 6.14).</summary>
/// <param name="scene">The vCPU.</param>
internal sealed class DescriptorReader(CrashScene scene)
{
    private const int GateSize64 = 16, GateSize32 = 8, VectorSize = 4;
    private const int DescriptorSize = 8;
    private const byte Present = 0x80;
    private const byte TaskGate = 5, InterruptGate16 = 6, TrapGate16 = 7, InterruptGate = 14, TrapGate = 15;
    private const int StackTableAt = 0x24, PrivilegeStackAt = 4;

    private bool IsLong => ProcessorMode.IsLong(scene.System);

    /// <summary>Why an exception cannot be delivered; null when nothing is in its way.</summary>
    public string? FindObstacle(int vector)
    {
        ulong table = scene.System.Idt.Base;
        uint limit = scene.System.Idt.Limit;
        int size = ProcessorMode.IsReal(scene.System) ? VectorSize : IsLong ? GateSize64 : GateSize32;
        if (limit == 0)
            return "there is no IDT: IDTR has the limit 0, so that any exception or interrupt ends in a triple fault";
        if (limit < (uint)((vector + 1) * size - 1))
            return $"the IDT ends before the entry of {ExceptionNames.Of(vector)}: IDTR has the limit 0x{limit:x}";
        Span<byte> gate = stackalloc byte[GateSize64];
        ulong at = table + (ulong)(vector * size);
        if (!scene.Memory.TryRead(at, gate[..size]))
            return $"the IDT's entry of {ExceptionNames.Of(vector)}, at 0x{at:x}, cannot be read: {WhyNot(at)}";
        if (size == VectorSize)
            return null;
        return FindObstacle(vector, gate);
    }

    /// <summary>What is wrong with the stack; null when it can be pushed to.</summary>
    public string? FindStackObstacle()
    {
        ulong top = ProcessorMode.StackAddress(scene.General, scene.System);
        return StackObstacle("the stack", unchecked(top - sizeof(ulong)));
    }

    private string? FindObstacle(int vector, ReadOnlySpan<byte> gate)
    {
        string name = ExceptionNames.Of(vector);
        byte rights = gate[5];
        if ((rights & Present) == 0)
            return $"the IDT's entry of {name} is not present";
        int type = rights & 0x1f;
        bool usable = type is InterruptGate or TrapGate || (!IsLong && type is TaskGate or InterruptGate16 or TrapGate16);
        if (!usable)
            return $"the IDT's entry of {name} is no gate (type {type})";
        if (type == TaskGate)
            return null;
        ushort selector = BinaryPrimitives.ReadUInt16LittleEndian(gate[2..]);
        if (SegmentObstacle(selector) is { } segment)
            return $"the handler of {name} cannot be entered: {segment}";
        ulong handler = BinaryPrimitives.ReadUInt16LittleEndian(gate) | (ulong)BinaryPrimitives.ReadUInt16LittleEndian(gate[6..]) << 16
            | (IsLong ? (ulong)BinaryPrimitives.ReadUInt32LittleEndian(gate[8..]) << 32 : 0);
        PageWalkResult walk = scene.Memory.Walk(handler);
        if (!walk.IsMapped || !scene.LeadsToRam(handler))
            return $"the handler of {name}, at 0x{handler:x}, is not there: {WhyNot(handler)}";
        if (walk.IsNoExecute)
            return $"the handler of {name}, at 0x{handler:x}, must not be executed: its page has NX";
        int stack = IsLong ? gate[4] & 7 : 0;
        return stack != 0 ? TaskStackObstacle(StackTableAt + (stack - 1) * sizeof(ulong), $"stack {stack} of the TSS, on which {name} is handled,")
            : ProcessorMode.PrivilegeLevel(scene.General, scene.System) != 0 && IsLong ? TaskStackObstacle(PrivilegeStackAt, "the kernel's stack, from the TSS,")
            : FindStackObstacle();
    }

    private string? SegmentObstacle(ushort selector)
    {
        int at = selector & ~7;
        if (at == 0)
            return "its gate names the null selector";
        if ((selector & 4) != 0)
            return null;
        if (at + DescriptorSize - 1 > scene.System.Gdt.Limit)
            return $"selector 0x{selector:x} lies behind the end of the GDT, whose limit is 0x{scene.System.Gdt.Limit:x}";
        Span<byte> descriptor = stackalloc byte[DescriptorSize];
        ulong address = scene.System.Gdt.Base + (ulong)at;
        if (!scene.Memory.TryRead(address, descriptor))
            return $"the GDT cannot be read at 0x{address:x}: {WhyNot(address)}";
        byte rights = descriptor[5];
        return (rights & Present) == 0 ? $"descriptor 0x{at:x} of the GDT is not present"
            : (rights & 0x18) != 0x18 ? $"descriptor 0x{at:x} of the GDT is no code segment"
            : null;
    }

    private string? TaskStackObstacle(int at, string what)
    {
        Span<byte> pointer = stackalloc byte[sizeof(ulong)];
        ulong address = scene.System.Tr.Base + (ulong)at;
        if (at + sizeof(ulong) - 1 > scene.System.Tr.Limit)
            return $"{what} is not there: the TSS is too short (limit 0x{scene.System.Tr.Limit:x})";
        return scene.Memory.TryRead(address, pointer)
            ? StackObstacle(what, unchecked(BinaryPrimitives.ReadUInt64LittleEndian(pointer) - sizeof(ulong)))
            : $"{what} is not there: the TSS cannot be read at 0x{address:x}: {WhyNot(address)}";
    }

    private string? StackObstacle(string what, ulong address)
    {
        PageWalkResult walk = scene.Memory.Walk(address);
        if (!walk.IsMapped || !scene.LeadsToRam(address))
            return $"{what} cannot be used at 0x{address:x}: {WhyNot(address)}";
        return walk.IsWritable ? null : $"{what} cannot be used at 0x{address:x}: its page is read-only";
    }

    private string WhyNot(ulong linear) => WalkText.Fault(scene.Memory.Walk(linear)) is { } fault ? fault : $"there is no RAM at 0x{scene.Memory.Walk(linear).Physical:x}";
}
