using Iced.Intel;
using Vmm.Firmware.Assembly;
using Vmm.Firmware.Blocks;
using static Iced.Intel.AssemblerRegisters;

namespace Vmm.Firmware.Guests;

/// <summary>Drives a virtio disk by hand, a sector at a time.</summary>
internal sealed class BlkGuest : TinyGuest
{
    private const uint BlockDevice = 2;
    private const byte RequestFailed = 1;
    private const int SectorSize = 512;
    private const int LastQuadword = SectorSize - 8;

    // A request (Virtio 1.2, 5.2.6): a header with type and sector, data, a status byte.
    private const int HeaderSector = 8;
    private const int HeaderSize = 16;
    private const ushort DescriptorWrite = 2;

    private static readonly GuestParameter s_count = new("n", 100, "number of requests");
    private static readonly GuestParameter s_write = new("write", 0, "1 writes, to each sector its number, instead of reading");

    private static uint Header => VirtioMmio.Buffers;

    private static uint Status => Header + HeaderSize;

    private static uint Data => Header + SectorSize;

    /// <inheritdoc/>
    public override string Name => "blk";

    /// <inheritdoc/>
    public override string Summary => "drives a virtio disk by hand (--transport mmio): cycles a request";

    /// <inheritdoc/>
    public override string Explanation =>
        "Finds a virtio disk among the virtio-mmio devices, brings it up with one queue, and reads sector after sector (or "
        + "with write=1 writes each one's number to its first and last 8 bytes), one request at a time: three descriptors "
        + "for header, data and status, one entry in the available ring, one write to the notify register, which alone "
        + "leaves the guest, and then it watches the used ring. The cycles it prints are the whole way through queue, host and "
        + "back; the sum of the first 8 bytes of all sectors tells that the data came. Try with --stats: no exit but the "
        + "setting up, for a notification is an eventfd of the host.";

    /// <inheritdoc/>
    public override IReadOnlyList<GuestParameter> Parameters => [s_count, s_write, .. VirtioMmio.Parameters];

    /// <inheritdoc/>
    public override GuestNeeds Needs => new(4, 1);

    /// <inheritdoc/>
    public override GuestExpectation Expectation => new(["blk: there is no virtio-mmio disk\r\n"], GuestEnding.PowerOff);

    /// <inheritdoc/>
    private protected override void Write(GuestProgram program)
    {
        LongMode.Enter(program);
        CodeSection code = program.Main;
        Assembler a = code.Asm;
        SerialLine serial = SerialLine.Of(program);
        CommandLine options = CommandLine.Of(program);
        VirtioMmio device = VirtioMmio.Of(program);
        Label request = code.NewLabel("request");
        Label failed = code.NewLabel("request_failed");

        serial.Start();
        device.Require(BlockDevice, "blk: there is no virtio-mmio disk");
        device.Start();
        device.SetQueue(0);
        code.Remark("R12 = sectors of the disk, R11 = the next one, R10 = the sum.");
        device.ReadConfig(() =>
        {
            a.mov(eax, __dword_ptr[rbp + VirtioMmio.Config + 4]);
            a.shl(rax, 32);
            a.mov(r12d, __dword_ptr[rbp + VirtioMmio.Config]);
            a.or(r12, rax);
        });
        device.Go();
        a.xor(r11d, r11d);
        a.xor(r10d, r10d);
        serial.PrintText("blk: ");
        a.mov(rax, r12);
        a.call(Numbers.Of(program).Decimal);
        serial.PrintLine(" sectors");
        WriteChain(program, options, device);

        options.Load(s_count);
        MeasuredLoop.TakeCount(code);
        MeasuredLoop.Write(code, "request", () => a.call(request));
        MeasuredLoop.Report(program, "blk: ", " requests, ");
        serial.PrintText("blk: the first 8 bytes add up to ");
        a.mov(rax, r10);
        a.call(Numbers.Of(program).Decimal);
        serial.PrintText("\r\n");
        a.jmp(PowerOff.Of(program).Go);

        WriteRequest(program, device, request, failed);
        code.Place(ref failed);
        serial.PrintText("blk: the disk answered ");
        a.movzx(eax, __byte_ptr[Status]);
        a.call(Numbers.Of(program).Decimal);
        serial.PrintText("\r\n");
        Ending.DebugExit(code, RequestFailed);
    }

    /// <summary>The three descriptors, which stay as they are; a write makes the data readable for the device.</summary>
    private static void WriteChain(GuestProgram program, CommandLine options, VirtioMmio device)
    {
        CodeSection code = program.Main;
        Assembler a = code.Asm;
        Label reads = code.NewLabel("reads");
        code.Remark("Header, data and status, chained: 0, 1, 2.");
        device.Describe(0, 0, Header, HeaderSize, deviceWrites: false, next: 1);
        device.Describe(0, 1, Data, SectorSize, deviceWrites: true, next: 2);
        device.Describe(0, 2, Status, 1, deviceWrites: true);
        options.Load(s_write);
        a.mov(__qword_ptr[Header], rax);
        a.test(rax, rax);
        a.je(reads);
        device.Describe(0, 1, Data, SectorSize, deviceWrites: false, next: 2);
        code.Place(ref reads);
    }

    /// <summary>request: one sector there or back; goes on to the next sector, and after the last to the first.</summary>
    private static void WriteRequest(GuestProgram program, VirtioMmio device, Label request, Label failed)
    {
        CodeSection code = program.Main;
        Assembler a = code.Asm;
        Label reading = code.NewLabel("request_reads");
        Label inside = code.NewLabel("sector_inside");

        code.Place(ref request);
        a.mov(__qword_ptr[Header + HeaderSector], r11);
        a.mov(__byte_ptr[Status], 0xFF);
        a.cmp(__dword_ptr[Header], 0);
        a.je(reading);
        a.mov(__qword_ptr[Data], r11);
        a.mov(__qword_ptr[Data + LastQuadword], r11);
        code.Place(ref reading);
        device.Submit(0);
        a.cmp(__byte_ptr[Status], 0);
        a.jne(failed);
        a.add(r10, __qword_ptr[Data]);
        a.inc(r11);
        a.cmp(r11, r12);
        a.jb(inside);
        a.xor(r11d, r11d);
        code.Place(ref inside);
        a.ret();
    }
}
