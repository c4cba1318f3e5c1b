using Iced.Intel;
using Vmm.Firmware.Assembly;
using Vmm.Firmware.Blocks;
using static Iced.Intel.AssemblerRegisters;

namespace Vmm.Firmware.Guests;

/// <summary>Drives a virtio network card by hand: frames out, frames in.</summary>
internal sealed class NetGuest : TinyGuest
{
    private const uint NetworkDevice = 1;

    /// <summary>VIRTIO_NET_F_MAC (5.1.3): the card tells its address.</summary>
    private const uint HasAddress = 1 << 5;

    private const int Receive = 0;
    private const int Transmit = 1;

    /// <summary>Each frame has this header in front (Virtio 1.2, 5.1.6); all zero asks for nothing.</summary>
    private const int HeaderSize = 12;

    /// <summary>The least that Ethernet has, without its checksum.</summary>
    private const int FrameSize = 60;

    private const int AddressSize = 6;

    /// <summary>The first byte of an address that nobody gave out.</summary>
    private const byte LocalAddress = 2;

    private const int TypeOffset = HeaderSize + 2 * AddressSize;

    /// <summary>EtherType 0x88b5, for experiments, as it stands in memory.</summary>
    private const ushort ExperimentalType = 0xB588;

    /// <summary>Room for one frame that comes in: a power of two above the largest.</summary>
    private const int BufferShift = 11;

    private static readonly GuestParameter s_count = new("n", 100, "number of frames to send");
    private static readonly GuestParameter s_wait = new("wait", 0, "1 waits for a frame to come in after each one sent");

    private static uint Frame => VirtioMmio.Buffers;

    private static uint ReceiveBuffer(int index) => VirtioMmio.Buffers + ((uint)(index + 1) << BufferShift);

    /// <inheritdoc/>
    public override string Name => "net";

    /// <inheritdoc/>
    public override string Summary => "drives a virtio network card by hand (--transport mmio): cycles a frame";

    /// <inheritdoc/>
    public override string Explanation =>
        "Finds a virtio network card among the virtio-mmio devices, gives it buffers to receive into, and sends broadcast "
        + "frames of 60 bytes with an EtherType for experiments, each when the one before is done. With wait=1 it waits "
        + "after each for a frame that comes in: against a peer that sends every frame back, what it prints is the round "
        + "trip. At the end it tells how many frames came in. The receive queue is refilled as it is emptied, as every "
        + "driver has to.";

    /// <inheritdoc/>
    public override IReadOnlyList<GuestParameter> Parameters => [s_count, s_wait, .. VirtioMmio.Parameters];

    /// <inheritdoc/>
    public override GuestNeeds Needs => new(4, 1);

    /// <inheritdoc/>
    public override GuestExpectation Expectation => new(["net: there is no virtio-mmio network card\r\n"], GuestEnding.PowerOff);

    /// <inheritdoc/>
    private protected override void Write(GuestProgram program)
    {
        LongMode.Enter(program);
        CodeSection code = program.Main;
        Assembler a = code.Asm;
        SerialLine serial = SerialLine.Of(program);
        CommandLine options = CommandLine.Of(program);
        VirtioMmio device = VirtioMmio.Of(program);
        Label send = code.NewLabel("send");
        Label collect = code.NewLabel("collect");

        serial.Start();
        device.Require(NetworkDevice, "net: there is no virtio-mmio network card");
        device.Start(HasAddress);
        a.mov(r12d, edx);
        device.SetQueue(Receive);
        device.SetQueue(Transmit);
        WriteBuffers(program, device);
        device.Go();
        device.Notify(Receive);
        code.Remark("R10 = frames that came in, R11 = the receive queue's index seen so far, R12 = whether to wait.");
        a.xor(r10d, r10d);
        a.xor(r11d, r11d);
        options.Load(s_wait);
        a.mov(r12, rax);
        options.Load(s_count);
        MeasuredLoop.TakeCount(code);
        MeasuredLoop.Write(code, "frame", () => a.call(send));
        a.call(collect);
        MeasuredLoop.Report(program, "net: ", " frames, ");
        serial.PrintText("net: ");
        a.mov(rax, r10);
        a.call(Numbers.Of(program).Decimal);
        serial.PrintLine(" came in");
        a.jmp(PowerOff.Of(program).Go);

        WriteSend(program, device, send, collect);
        WriteCollect(program, device, collect);
    }

    /// <summary>The frame, and buffers for those that come in. R12 has the features.</summary>
    private static void WriteBuffers(GuestProgram program, VirtioMmio device)
    {
        CodeSection code = program.Main;
        Assembler a = code.Asm;
        Label addressed = code.NewLabel("addressed");
        code.Remark("The frame: no offloads, to everybody, from the card's own address if it tells one (5.1.5).");
        a.xor(eax, eax);
        a.mov(edi, Frame);
        a.mov(ecx, HeaderSize + FrameSize);
        a.rep.stosb();
        a.mov(__dword_ptr[Frame + HeaderSize], uint.MaxValue);
        a.mov(__word_ptr[Frame + HeaderSize + 4], ushort.MaxValue);
        a.mov(__byte_ptr[Frame + HeaderSize + AddressSize], LocalAddress);
        a.test(r12d, HasAddress);
        a.je(addressed);
        device.ReadConfig(() =>
        {
            for (int i = 0; i < AddressSize; i++)
            {
                a.mov(al, __byte_ptr[rbp + VirtioMmio.Config + i]);
                a.mov(__byte_ptr[Frame + HeaderSize + AddressSize + i], al);
            }
        });
        code.Place(ref addressed);
        a.mov(__word_ptr[Frame + TypeOffset], ExperimentalType);
        device.Describe(Transmit, 0, Frame, HeaderSize + FrameSize, deviceWrites: false);
        for (int i = 0; i < VirtioMmio.QueueSize; i++)
        {
            device.Describe(Receive, i, ReceiveBuffer(i), 1 << BufferShift, deviceWrites: true);
            a.mov(eax, (uint)i);
            device.Offer(Receive);
        }
    }

    /// <summary>send: one frame, until it is gone; then, if asked, until one more has come in.</summary>
    private static void WriteSend(GuestProgram program, VirtioMmio device, Label send, Label collect)
    {
        CodeSection code = program.Main;
        Assembler a = code.Asm;
        Label more = code.NewLabel("wait_answer");
        Label done = code.NewLabel("send_done");

        code.Place(ref send);
        device.Submit(Transmit);
        a.mov(r9, r10);
        code.Place(ref more);
        a.call(collect);
        a.test(r12, r12);
        a.je(done);
        a.pause();
        a.cmp(r10, r9);
        a.je(more);
        code.Place(ref done);
        a.ret();
    }

    /// <summary>collect: counts what has come in, and gives the buffers to the card again.</summary>
    private static void WriteCollect(GuestProgram program, VirtioMmio device, Label collect)
    {
        CodeSection code = program.Main;
        Assembler a = code.Asm;
        Label next = code.NewLabel("collect_next");
        Label done = code.NewLabel("collect_done");

        code.Place(ref collect);
        a.cmp(__word_ptr[VirtioMmio.UsedIndex(Receive)], r11w);
        a.je(done);
        code.Place(ref next);
        code.Remark("An element of the used ring is the chain's first descriptor and the bytes written.");
        a.mov(ecx, r11d);
        a.and(ecx, VirtioMmio.QueueSize - 1);
        a.mov(eax, __dword_ptr[rcx * 8 + (VirtioMmio.UsedIndex(Receive) + 2)]);
        device.Offer(Receive);
        a.inc(r10);
        a.inc(r11w);
        a.cmp(__word_ptr[VirtioMmio.UsedIndex(Receive)], r11w);
        a.jne(next);
        device.Notify(Receive);
        code.Place(ref done);
        a.ret();
    }
}
