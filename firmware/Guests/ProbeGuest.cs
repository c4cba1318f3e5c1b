using Iced.Intel;
using Vmm.Firmware.Assembly;
using Vmm.Firmware.Blocks;
using static Iced.Intel.AssemblerRegisters;

namespace Vmm.Firmware.Guests;

/// <summary>Does at CPL 0 what a stock kernel does, step by step: can one run here?</summary>
internal sealed class ProbeGuest : TinyGuest
{
    private const byte BreakpointVector = 3;
    private const byte SoftwareVector = 0x30;

    // Exceptions that end the probe: invalid opcode, no FPU, double fault, general protection. (Intel SDM 3A, table 6-1.)
    private static readonly byte[] s_fatalVectors = [6, 7, 8, 13];

    private const byte PageFaultVector = 14;

    /// <summary>5 GiB: the page tables of tiny guests end at 4.</summary>
    private const ulong UnmappedAddress = 5UL << 30;

    /// <inheritdoc/>
    public override string Name => "probe";

    /// <inheritdoc/>
    public override string Summary => "tries what a stock kernel needs, step by step; vmm check runs it";

    /// <inheritdoc/>
    public override string Explanation =>
        "Not every /dev/kvm runs every guest: where KVM works without the processor's help it emulates the kernel's "
        + "instructions, and knows only some of them. This guest executes at CPL 0 what a stock kernel needs (a breakpoint, "
        + "cmpxchg16b, SSE, a system call from CPL 3 and back, and more) and before each step writes a letter to the debug "
        + "console, port 0xE9. So the VMM learns which step stopped it. It asks the machine, never its name. vmm check "
        + "prints the outcome in words.";

    /// <inheritdoc/>
    public override GuestExpectation Expectation => new([], GuestEnding.DebugExit);

    /// <inheritdoc/>
    private protected override void Write(GuestProgram program)
    {
        LongMode.Enter(program);
        CodeSection code = program.Main;
        Assembler a = code.Asm;
        Interrupts interrupts = Interrupts.Of(program);
        var wrong = code.NewLabel("wrong_result");
        var unexpected = code.NewLabel("unexpected_exception");

        interrupts.Load();
        foreach (byte vector in s_fatalVectors)
            interrupts.SetGate(vector, unexpected);
        WriteExceptionSteps(program, interrupts, wrong);
        var instructions = new ProbeInstructions(program, wrong);
        instructions.Write();
        WriteSystemCallStep(program, wrong);
        a.mov(al, (byte)ProbeStep.Finished);
        a.@out(Ports.DebugConsole, al);
        Ending.DebugExit(code, ProbeStep.Passed);

        code.Place(ref wrong);
        Ending.DebugExit(code, ProbeStep.WrongResult);
        code.Place(ref unexpected);
        Ending.DebugExit(code, ProbeStep.UnexpectedException);
    }

    /// <summary>int3, int n, and a page fault: RBX counts the handlers that ran.</summary>
    private static void WriteExceptionSteps(GuestProgram program, Interrupts interrupts, Label wrong)
    {
        CodeSection code = program.Main;
        Assembler a = code.Asm;
        Label count = code.NewLabel("count_interrupt");
        Label fault = code.NewLabel("page_fault");
        Label resume = code.NewLabel("after_fault");
        Label over = code.NewLabel("exceptions_begin");

        a.jmp(over);
        code.Place(ref count);
        a.inc(ebx);
        a.iretq();
        code.Remark("A page fault: skip its error code, and go on behind the access with the address in RBP.");
        code.Place(ref fault);
        a.mov(rbp, cr2);
        a.add(rsp, 8);
        a.lea(rax, __[resume]);
        a.mov(__qword_ptr[rsp], rax);
        a.iretq();

        code.Place(ref over);
        interrupts.SetGate(BreakpointVector, count);
        interrupts.SetGate(SoftwareVector, count);
        interrupts.SetGate(PageFaultVector, fault);
        a.xor(ebx, ebx);
        ProbeInstructions.Announce(code, 'a');
        a.int3();
        a.cmp(ebx, 1);
        a.jne(wrong);
        ProbeInstructions.Announce(code, 'b');
        a.@int(SoftwareVector);
        a.cmp(ebx, 2);
        a.jne(wrong);
        ProbeInstructions.Announce(code, 'c');
        a.xor(ebp, ebp);
        a.mov(rdi, UnmappedAddress);
        a.mov(eax, __dword_ptr[rdi]);
        code.Place(ref resume);
        a.cmp(rbp, rdi);
        a.jne(wrong);
    }

    /// <summary>Down to CPL 3, up by SYSCALL, down by SYSRET, up again.</summary>
    private static void WriteSystemCallStep(GuestProgram program, Label wrong)
    {
        CodeSection code = program.Main;
        Assembler a = code.Asm;
        UserMode user = UserMode.Of(program);
        Label userCode = code.NewLabel("user_code");
        Label handler = code.NewLabel("system_call");
        Label done = code.NewLabel("system_calls_done");

        ProbeInstructions.Announce(code, 'j');
        user.LoadTaskState();
        user.EnableSyscall(handler);
        code.Remark("RBX counts the calls; RBP keeps the stack, which SYSCALL does not change.");
        a.xor(ebx, ebx);
        a.mov(rbp, rsp);
        user.Enter(userCode);
        code.Place(ref userCode);
        a.syscall();
        a.syscall();
        a.ud2();

        code.Remark("In the handler CS must say CPL 0: an emulator may have run SYSCALL without changing it.");
        code.Place(ref handler);
        a.mov(eax, cs);
        a.test(eax, 3);
        a.jne(wrong);
        a.inc(ebx);
        a.cmp(ebx, 2);
        a.je(done);
        a.sysretq();
        code.Place(ref done);
        a.mov(rsp, rbp);
    }
}
