using Iced.Intel;
using Vmm.Firmware.Assembly;
using static Iced.Intel.AssemblerRegisters;

namespace Vmm.Firmware.Blocks;

/// <summary>
/// A driver for virtio devices over MMIO (Virtio 1.2, 4.2), without interrupts: it finds a device, brings it up, and hands
/// it descriptor chains. The device's registers are at RBP; queues lie in free memory.
/// </summary>
internal sealed class VirtioMmio : IRoutine
{
    /// <summary>Where a device's own configuration begins.</summary>
    public const int Config = 0x100;

    /// <summary>What is written to it is the number of the queue that has something new.</summary>
    public const int QueueNotify = 0x50;

    /// <summary>Descriptors in each queue.</summary>
    public const int QueueSize = 8;

    // Registers, 4.2.2.
    private const int MagicValue = 0x00, Version = 0x04, DeviceId = 0x08, DeviceFeatures = 0x10, DeviceFeaturesSelect = 0x14;
    private const int DriverFeatures = 0x20, DriverFeaturesSelect = 0x24;
    private const int QueueSelect = 0x30, QueueNumberMax = 0x34, QueueNumber = 0x38, QueueReady = 0x44, Status = 0x70;
    private const int QueueDescriptors = 0x80, QueueDriver = 0x90, QueueDevice = 0xa0, ConfigGeneration = 0xfc;

    private const uint Magic = 0x7472_6976;
    private const uint Modern = 2;

    /// <summary>VIRTIO_F_VERSION_1, in the upper half of the features: what no driver may do without.</summary>
    private const uint Version1 = 1;

    // Device status, 2.1.
    private const uint Acknowledge = 1, Driver = 2, DriverOk = 4, FeaturesOk = 8, Failed = 128;

    /// <summary>VIRTQ_AVAIL_F_NO_INTERRUPT, 2.7.6: the driver looks at the used ring, and wants no interrupts.</summary>
    private const ushort NoInterrupt = 1;

    /// <summary>What a guest ends with whose device cannot be driven.</summary>
    private const byte Unfit = 2;

    /// <summary>Each queue has a page: descriptors, then what is available, then what was used (2.7).</summary>
    private const int PageShift = 12;

    private const int AvailOffset = 0x200;
    private const int UsedOffset = 0x400;
    private const int IndexOffset = 2;

    private const int DescriptorShift = 4;
    private const int DescriptorLength = 8;
    private const int DescriptorFlags = 12;
    private const int DescriptorNext = 14;

    private static readonly GuestParameter s_first = new("addr", 0xFEB0_0000, "address of the first virtio-mmio device (QEMU microvm: 0xfeb00000)");
    private static readonly GuestParameter s_stride = new("stride", 0x1000, "bytes from one device to the next (QEMU microvm: 0x200)");
    private static readonly GuestParameter s_slots = new("slots", 24, "places to look for one");

    private readonly GuestProgram _program;
    private Label _find;
    private Label _start;
    private Label _setQueue;
    private Label _offer;
    private Label _unfit;

    private VirtioMmio(GuestProgram program)
    {
        _program = program;
        _find = program.Main.NewLabel("virtio_find");
        _start = program.Main.NewLabel("virtio_start");
        _setQueue = program.Main.NewLabel("virtio_set_queue");
        _offer = program.Main.NewLabel("virtio_offer");
        _unfit = program.Main.NewLabel("virtio_unfit");
    }

    /// <summary>What may be set on the command line.</summary>
    public static IReadOnlyList<GuestParameter> Parameters { get; } = [s_first, s_stride, s_slots];

    public static VirtioMmio Of(GuestProgram program) => program.Use(static p => new VirtioMmio(p));

    /// <summary>Where a queue's used index is.</summary>
    public static uint UsedIndex(int queue) => Page(queue) + UsedOffset + IndexOffset;

    /// <summary>The first byte of memory behind the queues.</summary>
    public static uint Buffers => Page(2);

    /// <summary>
    /// Code that looks for a device of a type; RBP is its registers from then on. If there is none it says so and powers
    /// off. Changes RAX, RCX, RDX, RSI, RDI, R8, R9.
    /// </summary>
    public void Require(uint type, string missing)
    {
        CodeSection code = _program.Main;
        CommandLine options = CommandLine.Of(_program);
        options.Load(s_first);
        code.Asm.mov(rbp, rax);
        options.Load(s_stride);
        code.Asm.mov(r8, rax);
        options.Load(s_slots);
        code.Asm.mov(r9, rax);
        code.Asm.mov(edx, type);
        code.Asm.call(_find);
        Label there = code.NewLabel("device_there");
        code.Asm.test(ebp, ebp);
        code.Asm.jne(there);
        SerialLine.Of(_program).PrintLine(missing);
        code.Asm.jmp(PowerOff.Of(_program).Go);
        code.Place(ref there);
    }

    /// <summary>
    /// Code that resets the device and agrees with it on VIRTIO_F_VERSION_1 and those of some features that it has: they
    /// are in EDX then. Changes RAX. Queues come next, then <see cref="Go"/>.
    /// </summary>
    /// <param name="features">Those of the lower half (bits 0 to 31) that the guest can deal with.</param>
    public void Start(uint features = 0)
    {
        Assembler a = _program.Main.Asm;
        a.mov(edx, features);
        a.call(_start);
    }

    /// <summary>Code that gives the device an empty queue. Changes RAX, RCX, RDX, RDI.</summary>
    public void SetQueue(int queue)
    {
        Assembler a = _program.Main.Asm;
        a.mov(__dword_ptr[rbp + QueueSelect], (uint)queue);
        a.mov(edi, Page(queue));
        a.call(_setQueue);
    }

    /// <summary>Code that reads fields of the device's configuration, again if they changed meanwhile (2.5.1). Changes RCX.</summary>
    /// <param name="reads">The code for the reading, which leaves RCX as it is.</param>
    public void ReadConfig(Action reads)
    {
        CodeSection code = _program.Main;
        Assembler a = code.Asm;
        Label again = code.NewLabel("config_again");
        code.Remark("What is read in more than one access is of one moment only if the generation has stayed.");
        code.Place(ref again);
        a.mov(ecx, __dword_ptr[rbp + ConfigGeneration]);
        reads();
        a.cmp(__dword_ptr[rbp + ConfigGeneration], ecx);
        a.jne(again);
    }

    /// <summary>Code that tells the device that its driver is ready.</summary>
    public void Go() => _program.Main.Asm.mov(__dword_ptr[rbp + Status], Acknowledge | Driver | FeaturesOk | DriverOk);

    /// <summary>Code that fills in a descriptor.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="index">Which.</param>
    /// <param name="address">The buffer.</param>
    /// <param name="length">Its bytes.</param>
    /// <param name="deviceWrites">Whether the device writes to it.</param>
    /// <param name="next">The descriptor that goes on; none if it is the last.</param>
    public void Describe(int queue, int index, uint address, uint length, bool deviceWrites, int? next = null)
    {
        Assembler a = _program.Main.Asm;
        uint descriptor = Page(queue) + ((uint)index << DescriptorShift);
        // 2.7.5: NEXT is 1, WRITE is 2.
        a.mov(eax, address);
        a.mov(__qword_ptr[descriptor], rax);
        a.mov(__dword_ptr[descriptor + DescriptorLength], length);
        a.mov(__word_ptr[descriptor + DescriptorFlags], (ushort)((next is null ? 0 : 1) | (deviceWrites ? 2 : 0)));
        a.mov(__word_ptr[descriptor + DescriptorNext], (ushort)(next ?? 0));
    }

    /// <summary>Code that makes the chain that begins at descriptor EAX available, and does not tell the device yet. Changes RCX, RDI.</summary>
    public void Offer(int queue)
    {
        Assembler a = _program.Main.Asm;
        a.mov(edi, Page(queue) + AvailOffset);
        a.call(_offer);
    }

    /// <summary>Code that tells the device of what is available in a queue. It leaves the guest, as nothing else of a request does.</summary>
    public void Notify(int queue) => _program.Main.Asm.mov(__dword_ptr[rbp + QueueNotify], (uint)queue);

    /// <summary>Code that hands the device the chain that begins at descriptor 0, and waits until it is done with it. Changes RAX, RCX, RDI, R8.</summary>
    public void Submit(int queue)
    {
        CodeSection code = _program.Main;
        Assembler a = code.Asm;
        Label wait = code.NewLabel("wait_used");
        a.movzx(r8d, __word_ptr[UsedIndex(queue)]);
        a.xor(eax, eax);
        Offer(queue);
        Notify(queue);
        code.Remark("The device moves its index on when it is done.");
        code.Place(ref wait);
        a.pause();
        a.cmp(__word_ptr[UsedIndex(queue)], r8w);
        a.je(wait);
    }

    /// <inheritdoc/>
    public void Write()
    {
        WriteFind();
        WriteStart();
        WriteQueue();
    }

    private static uint Page(int queue) => GuestLayout.FreeMemory + ((uint)queue << PageShift);

    private void WriteFind()
    {
        CodeSection code = _program.Main;
        Assembler a = code.Asm;
        Label other = code.NewLabel("virtio_find_other");
        Label found = code.NewLabel("virtio_found");

        code.Remark("virtio_find: RBP = first device, R8 = stride, R9 = places, EDX = type. RBP = 0 if there is none.");
        code.Place(ref _find);
        a.cmp(__dword_ptr[rbp + MagicValue], Magic);
        a.jne(other);
        a.cmp(__dword_ptr[rbp + Version], Modern);
        a.jne(other);
        a.cmp(__dword_ptr[rbp + DeviceId], edx);
        a.je(found);
        code.Place(ref other);
        a.add(rbp, r8);
        a.dec(r9);
        a.jne(_find);
        a.xor(ebp, ebp);
        code.Place(ref found);
        a.ret();
    }

    private void WriteStart()
    {
        CodeSection code = _program.Main;
        Assembler a = code.Asm;
        Label reset = code.NewLabel("virtio_reset");

        code.Remark("virtio_start: reset and wait until that is done, then say hello and choose features (3.1.1). EDX = those wanted.");
        code.Place(ref _start);
        a.mov(__dword_ptr[rbp + Status], 0);
        code.Place(ref reset);
        a.mov(eax, __dword_ptr[rbp + Status]);
        a.test(eax, eax);
        a.jne(reset);
        a.mov(__dword_ptr[rbp + Status], Acknowledge);
        a.mov(__dword_ptr[rbp + Status], Acknowledge | Driver);
        code.Remark("Only what the device offers may be accepted (2.2.1): bits 0 to 31, then 32 to 63.");
        a.mov(__dword_ptr[rbp + DeviceFeaturesSelect], 0);
        a.and(edx, __dword_ptr[rbp + DeviceFeatures]);
        a.mov(__dword_ptr[rbp + DriverFeaturesSelect], 0);
        a.mov(__dword_ptr[rbp + DriverFeatures], edx);
        a.mov(__dword_ptr[rbp + DeviceFeaturesSelect], 1);
        a.mov(eax, __dword_ptr[rbp + DeviceFeatures]);
        a.and(eax, Version1);
        a.je(_unfit);
        a.mov(__dword_ptr[rbp + DriverFeaturesSelect], 1);
        a.mov(__dword_ptr[rbp + DriverFeatures], eax);
        code.Remark("The device has the last word: FEATURES_OK stays only if it can do with these.");
        a.mov(__dword_ptr[rbp + Status], Acknowledge | Driver | FeaturesOk);
        a.test(__dword_ptr[rbp + Status], FeaturesOk);
        a.je(_unfit);
        a.ret();
    }

    private void WriteQueue()
    {
        CodeSection code = _program.Main;
        Assembler a = code.Asm;

        code.Remark("virtio_set_queue: RDI = its page, which is cleared; the device learns where its three parts are (4.2.3.2).");
        code.Place(ref _setQueue);
        code.Remark("It must not be in use, and be as long as ours at least.");
        a.cmp(__dword_ptr[rbp + QueueReady], 0);
        a.jne(_unfit);
        a.cmp(__dword_ptr[rbp + QueueNumberMax], QueueSize);
        a.jb(_unfit);
        a.mov(rdx, rdi);
        a.xor(eax, eax);
        a.mov(ecx, (1 << PageShift) / sizeof(ulong));
        a.rep.stosq();
        a.mov(__word_ptr[rdx + AvailOffset], NoInterrupt);
        a.mov(__dword_ptr[rbp + QueueNumber], QueueSize);
        a.mov(__dword_ptr[rbp + QueueDescriptors], edx);
        a.mov(__dword_ptr[rbp + QueueDescriptors + 4], eax);
        a.add(edx, AvailOffset);
        a.mov(__dword_ptr[rbp + QueueDriver], edx);
        a.mov(__dword_ptr[rbp + QueueDriver + 4], eax);
        a.add(edx, UsedOffset - AvailOffset);
        a.mov(__dword_ptr[rbp + QueueDevice], edx);
        a.mov(__dword_ptr[rbp + QueueDevice + 4], eax);
        a.mov(__dword_ptr[rbp + QueueReady], 1);
        a.ret();

        code.Remark("virtio_offer: RDI = the available ring, EAX = the chain. The entry is there before the index says so (2.7.13).");
        code.Place(ref _offer);
        a.movzx(ecx, __word_ptr[rdi + IndexOffset]);
        a.and(ecx, QueueSize - 1);
        a.mov(__word_ptr[rdi + rcx * 2 + 4], ax);
        a.inc(__word_ptr[rdi + IndexOffset]);
        a.ret();

        code.Remark("virtio_unfit: the driver gives the device up.");
        code.Place(ref _unfit);
        a.mov(__dword_ptr[rbp + Status], Acknowledge | Driver | Failed);
        SerialLine.Of(_program).PrintLine("virtio: this driver cannot drive this device");
        Ending.DebugExit(code, Unfit);
    }
}
