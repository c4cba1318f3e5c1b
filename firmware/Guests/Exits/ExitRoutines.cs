using Iced.Intel;
using Vmm.Firmware.Assembly;
using static Iced.Intel.AssemblerRegisters;

namespace Vmm.Firmware.Guests.Exits;

/// <summary>
/// A routine for each <see cref="ExitAccess"/>: R13 turns, each one's cycles to [R15]. R12 = local APIC, R14 = the next
/// page, RBP = arg; the rest may change.
/// </summary>
internal sealed class ExitRoutines
{
    private readonly GuestProgram _program;
    private readonly CodeSection _code;
    private readonly Assembler _a;
    private readonly Label[] _routines;
    private readonly ExitInterrupts _interrupts;

    public ExitRoutines(GuestProgram program)
    {
        _program = program;
        _code = program.Main;
        _a = _code.Asm;
        _interrupts = new ExitInterrupts(program);
        _routines = Array.ConvertAll(Enum.GetNames<ExitAccess>(), name => _code.NewLabel($"row_{name.ToLowerInvariant()}"));
    }

    /// <summary>Code that points vectors at the handlers.</summary>
    public void SetHandlers() => _interrupts.SetHandlers();

    /// <summary>Code that puts the address of RAX's routine into a variable, and prepares what it needs.</summary>
    public void Choose(uint routine)
    {
        Label chosen = _code.NewLabel("row_chosen");
        _a.mov(rcx, rax);
        for (int i = 0; i < _routines.Length; i++)
        {
            _a.lea(rdx, __[_routines[i]]);
            _a.cmp(ecx, i);
            _a.je(chosen);
        }
        _a.lea(rdx, __[_routines[0]]);
        _code.Place(ref chosen);
        _a.mov(__qword_ptr[routine], rdx);
        _interrupts.Prepare();
    }

    /// <summary>The routines themselves.</summary>
    public void Write()
    {
        Loop(ExitAccess.Empty, () => { });
        Loop(ExitAccess.Cpuid, () =>
        {
            _a.xor(eax, eax);
            _a.xor(ecx, ecx);
            _a.cpuid();
        });
        Loop(ExitAccess.Vmcall, () =>
        {
            _a.xor(eax, eax);
            _a.vmcall();
        });
        Loop(ExitAccess.FromCr8, () => _a.mov(rax, cr8));
        Loop(ExitAccess.ToCr8, () =>
        {
            _a.xor(eax, eax);
            _a.mov(cr8, rax);
        });
        Port(ExitAccess.PortIn, () => _a.@in(eax, dx));
        Port(ExitAccess.PortOut, () => _a.@out(dx, eax));
        Port(ExitAccess.PortInByte, () => _a.@in(al, dx));
        Port(ExitAccess.PortOutByte, () =>
        {
            _a.xor(eax, eax);
            _a.@out(dx, al);
        });
        Loop(ExitAccess.MemoryRead, () => _a.mov(eax, __dword_ptr[rbp]));
        Loop(ExitAccess.MemoryWrite, () => _a.mov(__dword_ptr[rbp], eax));
        Loop(ExitAccess.MsrRead, () =>
        {
            _a.mov(ecx, ebp);
            _a.rdmsr();
        });
        Loop(ExitAccess.MsrWrite, () =>
        {
            _a.mov(ecx, ebp);
            _a.xor(eax, eax);
            _a.xor(edx, edx);
            _a.wrmsr();
        });
        // The address moves on after the second reading of the counter.
        Loop(ExitAccess.Touch, () => _a.mov(__byte_ptr[r14], 1), after: () => _a.add(r14, rbp));
        WriteInterrupts();
    }

    private void WriteInterrupts()
    {
        Loop(ExitAccess.SelfIpiNop, () =>
        {
            _interrupts.SendToSelf();
            _a.sti();
            _a.nop();
        }, before: _a.cli);
        Loop(ExitAccess.SelfIpiHalt, () =>
        {
            _interrupts.SendToSelf();
            _a.sti();
            _a.hlt();
        }, before: _a.cli);
        Waiting(ExitAccess.Halt, _interrupts.Arm, () => _a.mov(r8, __qword_ptr[ExitsLayout.HostTime]));
        Waiting(ExitAccess.Timer, () =>
        {
            StampStart();
            _interrupts.StartTimer();
        }, JoinStart);
        Loop(ExitAccess.Ipi, _interrupts.SendToOther);
        Loop(ExitAccess.IpiHalt, _interrupts.SendToOther);
        Loop(ExitAccess.Echo, _interrupts.RingAndWait);
    }

    private void Port(ExitAccess row, Action access) => Loop(row, () =>
    {
        _a.mov(edx, ebp);
        access();
    });

    private void Loop(ExitAccess row, Action access, Action? before = null, Action? after = null)
    {
        Label next = Begin(row);
        before?.Invoke();
        StampStart();
        access();
        _a.rdtsc();
        _a.shl(rdx, 32);
        _a.or(rax, rdx);
        JoinStart();
        after?.Invoke();
        End(next);
    }

    /// <summary>A turn that ends with the handler's time, not the loop's.</summary>
    private void Waiting(ExitAccess row, Action begin, Action start)
    {
        Label next = Begin(row);
        Label again = _code.NewLabel($"row_{row.ToString().ToLowerInvariant()}_again");
        _a.cli();
        _a.mov(__qword_ptr[ExitsLayout.Handled], 0);
        begin();
        _code.Place(ref again);
        _a.sti();
        _a.hlt();
        _a.cli();
        _a.cmp(__qword_ptr[ExitsLayout.Handled], 0);
        _a.je(again);
        _a.mov(rax, __qword_ptr[ExitsLayout.Handled]);
        start();
        End(next);
    }

    private Label Begin(ExitAccess row)
    {
        _code.Place(ref _routines[(int)row]);
        return _routines[(int)row];
    }

    /// <summary>As little as possible between the counter and the access: the halves are joined later.</summary>
    private void StampStart()
    {
        _a.rdtsc();
        _a.mov(r8d, eax);
        _a.mov(r9d, edx);
    }

    private void JoinStart()
    {
        _a.shl(r9, 32);
        _a.or(r8, r9);
    }

    private void End(Label next)
    {
        _a.sub(rax, r8);
        _a.mov(__qword_ptr[r15], rax);
        _a.add(r15, sizeof(ulong));
        _a.dec(r13);
        _a.jne(next);
        _a.ret();
    }
}
