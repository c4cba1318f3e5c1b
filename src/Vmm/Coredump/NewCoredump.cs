using System.Diagnostics;
using Vmm.Guest.Memory;
using Vmm.Host;
using Vmm.Inspect;
using Vmm.Kvm.State;
using Vmm.Machine.Config;
using Vmm.Snapshot.Memory;

namespace Vmm.Coredump;

/// <summary>A core file that is being written, hidden beside the place where it will be. It appears there whole or not at all.</summary>
internal sealed class NewCoredump : IDisposable
{
    private const int Chunk = 1 << 20;
    private const int Page = (int)DirtyBitmap.PageSize;

    private readonly CoredumpRequest _request;
    private readonly HiddenFile _making;

    private NewCoredump(CoredumpRequest request, HiddenFile making) => (_request, _making) = (request, making);

    /// <summary>Begins one.</summary>
    /// <exception cref="VmmException">It cannot be there.</exception>
    public static NewCoredump Begin(CoredumpRequest request)
    {
        string shown = Printable.Escape(request.Path);
        string folder = Path.GetDirectoryName(request.Path) ?? "/";
        if (Directory.Exists(request.Path))
            throw new VmmException($"'{shown}' is a folder: name a file");
        if (!Directory.Exists(folder))
            throw new VmmException($"'{shown}' cannot be made: there is no folder '{Printable.Escape(folder)}'");
        if (!request.Force && Path.Exists(request.Path))
            throw Taken(request);
        // A rename would put a file in the place of /dev/null.
        if (Path.Exists(request.Path) && !FileKind.IsRegular(request.Path))
            throw new VmmException($"'{shown}' is no file but a device, a FIFO or a socket: name a file");
        try
        {
            return new NewCoredump(request, HiddenFile.Make(request.Path));
        }
        catch (HostException refused)
        {
            throw new VmmException($"'{shown}' cannot be made: {refused.Message}", cause: refused);
        }
    }

    /// <summary>Writes a machine and puts the file in its place.</summary>
    /// <param name="machine">It stands still meanwhile.</param>
    /// <param name="memory">Its RAM, from the first byte to the last.</param>
    /// <param name="touched">The pages of it that can be other than zeros: the machine is not held for the others to be read.</param>
    /// <param name="stopIfUnwanted">Called now and then; what it throws gives it up. Null for nothing.</param>
    /// <exception cref="VmmException">The disk is full or broken; nothing is left.</exception>
    public CoredumpReport Write(InspectedMachine machine, IPageSource memory, DirtyBitmap touched, Action? stopIfUnwanted = null)
    {
        long start = Stopwatch.GetTimestamp();
        NoteWriter notes = new();
        int vcpus = machine.VcpuCount;
        for (int i = 0; i < vcpus; i++)
        {
            VcpuRecord vcpu = machine.Vcpu(i);
            notes.Add("CORE", ProcessorNotes.NT_PRSTATUS, ProcessorNotes.Status(vcpu, i));
            notes.Add("QEMU", ProcessorNotes.QemuCpuState, ProcessorNotes.Qemu(vcpu));
        }
        ulong size = machine.Slots.Aggregate(0UL, (sum, slot) => sum + slot.Size);
        // Room for what the kernel tells of itself, which is found only while its memory is written.
        ulong memoryAt = CoreHeader.SizeFor(CoreSegments.Most(machine.Slots), notes.Written.Length + Page);
        SparseFile file = new(_making.Fd, _request.Path);
        file.Empty(memoryAt + size);
        ulong written = WriteMemory(file, memory, touched, memoryAt, stopIfUnwanted, out byte[] told);
        if (told.Length > 0)
            notes.Add(VmcoreInfo.Name, 0, told);
        IReadOnlyList<CoreSegment> segments = CoreSegments.Of(machine.Slots, machine.Read, told);
        file.Write(0, CoreHeader.Build(segments, notes.Written, memoryAt), 0);
        file.Sync();
        Commit();
        return new CoredumpReport(_request.Path, vcpus, size, written, told.Length > 0, Stopwatch.GetElapsedTime(start).TotalMilliseconds);
    }

    /// <summary>What was not put in its place is removed.</summary>
    public void Dispose() => _making.Dispose();

    private static ulong WriteMemory(SparseFile file, IPageSource memory, DirtyBitmap touched, ulong memoryAt, Action? stopIfUnwanted, out byte[] told)
    {
        byte[] chunk = GC.AllocateUninitializedArray<byte>(Chunk);
        told = [];
        ulong written = 0;
        ulong asked = ulong.MaxValue;
        for (ulong next = 0; touched.TryTakeRun(ref next, out ulong at, out ulong length); next = at + length)
        {
            // Once a chunk: a run may be a page.
            if (at / Chunk != asked)
                stopIfUnwanted?.Invoke();
            asked = at / Chunk;
            length = Math.Min(length, Chunk - at % Chunk);
            Span<byte> content = chunk.AsSpan(0, (int)length);
            memory.TryRead(at, content);
            for (int from = 0; from < content.Length;)
            {
                if (IsZero(content.Slice(from, Page)))
                {
                    from += Page;
                    continue;
                }
                int end = from;
                for (; end < content.Length && !IsZero(content.Slice(end, Page)); end += Page)
                {
                    if (told.Length == 0)
                        told = VmcoreInfo.Find(content.Slice(end, Page)).ToArray();
                }
                file.Write(memoryAt + at + (ulong)from, content[from..end], touched.Length - at - (ulong)from);
                written += (ulong)(end - from);
                from = end;
            }
        }
        return written;
    }

    private static bool IsZero(ReadOnlySpan<byte> page) => !page.ContainsAnyExcept((byte)0);

    private void Commit()
    {
        try
        {
            _making.Name();
            Placement.Place(_making.Path, _request.Path, _request.Force ? Placement.Over.Rename : Placement.Over.Nothing);
        }
        catch (HostException fault) when (!_request.Force && fault.Errno == Errno.EEXIST)
        {
            throw Taken(_request);
        }
        catch (HostException fault)
        {
            throw new VmmException($"the core file cannot be put at '{Printable.Escape(_request.Path)}': {fault.Message}; nothing was changed there", cause: fault);
        }
    }

    private static VmmException Taken(CoredumpRequest request) =>
        new($"there is a file '{Printable.Escape(request.Path)}' already: name another, or replace it (--force)");
}
