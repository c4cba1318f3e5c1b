using Iced.Intel;
using Vmm.Firmware.Assembly;
using static Iced.Intel.AssemblerRegisters;

namespace Vmm.Firmware.Blocks;

/// <summary>
/// The way to CPL 3 and back: a task state segment with the stack for interrupts (Intel SDM 3A, 8.7), IRETQ down, SYSCALL
/// up. All pages here are open to CPL 3, so the same code and data serve both levels.
/// </summary>
internal sealed class UserMode : IRoutine
{
    /// <summary>A 64-bit TSS without I/O map, and where RSP0 and the map's offset stand in it.</summary>
    private const int PlainSize = 104;

    private const int Rsp0 = 4;
    private const int MapBase = 102;

    /// <summary>The I/O map: a bit for each of the ports 0 to 5FF, all of them allowed, and the byte of ones that ends it (SDM 1, 20.5.2).</summary>
    private const int MapSize = 0x600 / 8;

    private const int TaskStateSize = PlainSize + MapSize + 1;

    /// <summary>Lower half of a TSS descriptor's upper word: present, type "available 64-bit TSS".</summary>
    private const uint TaskStateAccess = 0x8900;

    // SYSCALL's registers and EFER.SCE (SDM 3A, 5.8.8).
    private const uint MSR_EFER = 0xC000_0080;
    private const uint MSR_STAR = 0xC000_0081;
    private const uint MSR_LSTAR = 0xC000_0082;
    private const uint MSR_SYSCALL_MASK = 0xC000_0084;
    private const uint EFER_SCE = 1;

    /// <summary>RFLAGS: only the bit that is always set.</summary>
    private const int PlainFlags = 2;

    /// <summary>RFLAGS.IOPL: ports from every level.</summary>
    private const int PortsForAll = 3 << 12;

    private const int StackSize = 512;

    private readonly GuestProgram _program;
    private readonly LongMode _mode;
    private readonly uint _taskState;
    private readonly uint _interruptStack;
    private readonly uint _userStack;

    private UserMode(GuestProgram program)
    {
        _program = program;
        _mode = LongMode.Of(program);
        _taskState = program.Data.Reserve("task_state", TaskStateSize);
        _interruptStack = program.Data.Reserve("interrupt_stack", StackSize) + StackSize;
        _userStack = program.Data.Reserve("user_stack", StackSize) + StackSize;
    }

    public static UserMode Of(GuestProgram program) => program.Use(static p => new UserMode(p));

    /// <summary>Code that loads the task register, so that interrupts from CPL 3 find a stack. Changes RAX, RDX.</summary>
    public void LoadTaskState()
    {
        CodeSection code = _program.Main;
        Assembler a = code.Asm;
        uint descriptor = _mode.GdtTable + Descriptors.TaskState;
        code.Remark("A TSS names the stack for interrupts from CPL 3; its descriptor is twice as long as the others.");
        a.mov(eax, _interruptStack);
        a.mov(__qword_ptr[_taskState + Rsp0], rax);
        a.mov(__word_ptr[_taskState + MapBase], PlainSize);
        a.mov(__byte_ptr[_taskState + PlainSize + MapSize], 0xFF);
        a.mov(__dword_ptr[descriptor], (_taskState & 0xFFFF) << 16 | TaskStateSize - 1);
        a.mov(__dword_ptr[descriptor + 4], _taskState >> 16 & 0xFF | TaskStateAccess | _taskState & 0xFF00_0000);
        a.mov(__qword_ptr[descriptor + 8], 0);
        a.mov(eax, (uint)Descriptors.TaskState);
        a.ltr(ax);
    }

    /// <summary>Code that makes SYSCALL lead to a label. Changes RAX, RCX, RDX.</summary>
    public void EnableSyscall(Label handler)
    {
        CodeSection code = _program.Main;
        Assembler a = code.Asm;
        code.Remark("SYSCALL: selectors in STAR, the target in LSTAR, switched on in EFER.");
        a.mov(ecx, MSR_STAR);
        a.xor(eax, eax);
        a.mov(edx, (uint)Descriptors.SysretBase << 16 | Descriptors.Code64);
        a.wrmsr();
        a.mov(ecx, MSR_LSTAR);
        a.lea(rax, __[handler]);
        a.xor(edx, edx);
        a.wrmsr();
        a.mov(ecx, MSR_SYSCALL_MASK);
        a.xor(eax, eax);
        a.wrmsr();
        a.mov(ecx, MSR_EFER);
        a.rdmsr();
        a.or(eax, EFER_SCE);
        a.wrmsr();
    }

    /// <summary>Code that goes on at a label at CPL 3. Changes RAX.</summary>
    /// <param name="target">Where.</param>
    /// <param name="withPorts">Whether it may use I/O ports there.</param>
    public void Enter(Label target, bool withPorts = false)
    {
        CodeSection code = _program.Main;
        Assembler a = code.Asm;
        if (withPorts)
        {
            // Not every emulator of IRETQ takes IOPL from the stack.
            a.push(PlainFlags | PortsForAll);
            a.popfq();
        }
        code.Remark("Down to CPL 3: IRETQ takes SS, RSP, RFLAGS, CS and RIP from the stack.");
        a.push((int)Descriptors.UserData);
        a.push((int)_userStack);
        a.push(withPorts ? PlainFlags | PortsForAll : PlainFlags);
        a.push((int)Descriptors.UserCode);
        a.lea(rax, __[target]);
        a.push(rax);
        a.iretq();
    }

    /// <inheritdoc/>
    public void Write()
    {
        // Everything is written where the guest asks for it.
    }
}
