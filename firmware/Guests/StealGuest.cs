using Iced.Intel;
using Vmm.Firmware.Assembly;
using Vmm.Firmware.Blocks;
using static Iced.Intel.AssemblerRegisters;

namespace Vmm.Firmware.Guests;

/// <summary>Time that the host took away, as KVM tells a guest (the kernel's virt/kvm/x86/msr, MSR_KVM_STEAL_TIME).</summary>
internal sealed class StealGuest : TinyGuest
{
    private static readonly GuestParameter Work = new("mcycles", 200, "millions of TSC cycles to work in each round");
    private static readonly GuestParameter Rounds = new("n", 3, "number of rounds");

    /// <summary>KVM's own CPUID leaves (virt/kvm/x86/cpuid): the signature, and the features.</summary>
    private const uint SignatureLeaf = 0x4000_0000, FeatureLeaf = 0x4000_0001;

    /// <summary>"KVMK", as EBX has it.</summary>
    private const uint Signature = 0x4b4d_564b;

    /// <summary>KVM_FEATURE_STEAL_TIME.</summary>
    private const byte StealFeature = 5;

    /// <summary>MSR_KVM_STEAL_TIME, and the bit in it that switches the area on.</summary>
    private const uint StealMsr = 0x4b56_4d03, Enabled = 1;

    /// <summary>Size and alignment of struct kvm_steal_time, whose first member is the time in ns.</summary>
    private const int AreaSize = 64;

    private const uint Million = 1_000_000;

    /// <inheritdoc/>
    public override string Name => "steal";

    /// <inheritdoc/>
    public override string Summary => "works without a pause and prints how long it waited for a processor";

    /// <inheritdoc/>
    public override string Explanation =>
        "Gives KVM a place in memory where it counts the time in which the vCPU wanted to run but its thread had to wait "
        + "for a processor of the host: steal time, what Linux shows as %st in top. Then it spins, and prints the counter "
        + "after each round. Alone on a processor it stays near zero; two of them kept on one processor, with --cpus "
        + "1,affinity=0, take half of each other's time, and with --cpu-quota 50% the host takes half.";

    /// <inheritdoc/>
    public override IReadOnlyList<GuestParameter> Parameters => [Work, Rounds];

    /// <summary>Under an emulator without KVM's leaves it says so and ends well, too.</summary>
    public override GuestExpectation Expectation => new(["steal: ", "\r\n"], GuestEnding.PowerOff);

    /// <inheritdoc/>
    private protected override void Write(GuestProgram program)
    {
        LongMode.Enter(program);
        CodeSection code = program.Main;
        Assembler a = code.Asm;
        SerialLine serial = SerialLine.Of(program);
        CommandLine options = CommandLine.Of(program);
        uint area = program.Data.Reserve("steal_area", AreaSize, AreaSize);
        Label none = code.NewLabel("no_steal_time");
        Label next = code.NewLabel("next_round");

        serial.Start();
        WriteEnable(code, area, none);
        options.Load(Rounds);
        a.mov(rbp, rax);
        options.Load(Work);
        a.mov(r12, rax);
        a.imul(r12, r12, (int)Million);
        code.Remark("RBP = rounds left, R12 = cycles in a round.");
        code.Place(ref next);
        WriteRound(code);
        serial.PrintText("steal: ");
        a.mov(rax, __qword_ptr[area]);
        a.call(Numbers.Of(program).Decimal);
        serial.PrintText(" ns\r\n");
        a.dec(rbp);
        a.jg(next);
        a.jmp(PowerOff.Of(program).Go);

        code.Place(ref none);
        serial.PrintText("steal: not told here (CPUID 0x40000001 EAX bit 5)\r\n");
        a.jmp(PowerOff.Of(program).Go);
    }

    private static void WriteEnable(CodeSection code, uint area, Label none)
    {
        Assembler a = code.Asm;
        code.Remark("Is this KVM, and does it tell?");
        a.mov(eax, SignatureLeaf);
        a.cpuid();
        a.cmp(ebx, (int)Signature);
        a.jne(none);
        a.mov(eax, FeatureLeaf);
        a.cpuid();
        a.bt(eax, StealFeature);
        a.jae(none);
        a.mov(ecx, StealMsr);
        a.mov(eax, area | Enabled);
        a.xor(edx, edx);
        a.wrmsr();
    }

    /// <summary>Spins until R12 cycles have gone by; RBX is when.</summary>
    private static void WriteRound(CodeSection code)
    {
        Assembler a = code.Asm;
        Label spin = code.NewLabel("spin");
        TimeStamp.Read(a);
        a.mov(rbx, rax);
        a.add(rbx, r12);
        code.Place(ref spin);
        TimeStamp.Read(a);
        a.cmp(rax, rbx);
        a.jb(spin);
    }
}
