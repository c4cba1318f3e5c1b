using System.Buffers.Binary;
using System.Diagnostics;
using System.Text;
using Vmm.Coredump;
using Vmm.Guest.Memory;
using Vmm.Host;
using Vmm.Inspect;
using Vmm.Machine;
using Vmm.Snapshot.Memory;
using Vmm.Tests.Vmm.Inspect;
using Vmm.Tests.Vmm.Snapshot.Memory;
using Vmm.Tests.Vmm.Storage;
using Xunit;

namespace Vmm.Tests.Vmm.Coredump;

/// <summary>Core files of a machine that exists only as bytes, read by the letter of the System V ABI and by readelf.</summary>
public sealed class CoredumpTests : IDisposable
{
    private const uint PT_LOAD = 1, PT_NOTE = 4;

    private readonly string _folder = Directory.CreateTempSubdirectory("vmm-core-").FullName;
    private readonly InspectRig _rig = new();

    private string CorePath => Path.Combine(_folder, "core");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Core_has_a_note_for_each_vCPU_and_the_memory_at_its_guest_physical_address()
    {
        _rig.Put(0x5000, [.. "memory"u8]);
        CoredumpReport report = Write();
        byte[] core = File.ReadAllBytes(CorePath);
        Assert.Equal((2, (ulong)_rig.Ram.Length, false), (report.Vcpus, report.MemoryBytes, report.HasVmcoreInfo));
        Assert.Equal([0x7F, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1], core[..7]);
        Assert.Equal((4, 62), (U16(core, 16), U16(core, 18)));
        Segment[] segments = Segments(core);
        Assert.Equal([PT_NOTE, PT_LOAD], segments.Select(segment => segment.Type));
        Segment load = segments[1];
        Assert.Equal((0UL, 0UL, (ulong)_rig.Ram.Length, (ulong)_rig.Ram.Length, 0UL), (load.Virtual, load.Physical, load.FileSize, load.MemorySize, load.Offset % 4096));
        Assert.Equal(_rig.Ram, core[(int)load.Offset..]);
        (string Name, uint Type, byte[] Content)[] notes = Notes(core, segments[0]);
        Assert.Equal([("CORE", 1U, 336), ("QEMU", 0U, 440), ("CORE", 1U, 336), ("QEMU", 0U, 440)], notes.Select(note => (note.Name, note.Type, note.Content.Length)));
        // pr_pid, then r15 first, rax at 10, rip at 16, rsp at 19 of pr_reg.
        byte[] status = notes[0].Content;
        Assert.Equal((1U, 16UL, 1UL, InspectRig.Code, InspectRig.Stack), (U32(status, 32), U64(status, 112), U64(status, 112 + 80), U64(status, 112 + 128), U64(status, 112 + 152)));
        Assert.Equal(2U, U32(notes[2].Content, 32));
        byte[] qemu = notes[1].Content;
        Assert.Equal((1U, 440U, InspectRig.Code), (U32(qemu, 0), U32(qemu, 4), U64(qemu, 8 + 16 * 8)));
        // CR3 is the fourth of the control registers, behind ten segments.
        Assert.Equal(0x1000UL, U64(qemu, 8 + 18 * 8 + 10 * 24 + 3 * 8));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(CorePath));
        Assert.Single(Directory.EnumerateFileSystemEntries(_folder));
    }

    [Fact]
    public void Nothing_is_to_be_seen_of_it_until_it_is_whole_so_that_a_process_that_is_killed_leaves_nothing()
    {
        using (HiddenFile probe = HiddenFile.Make(CorePath))
            Assert.SkipWhen(File.Exists(probe.Path), "this file system has only files with names");
        int looks = 0;
        Write(stopIfUnwanted: () =>
        {
            looks++;
            Assert.Empty(Directory.EnumerateFileSystemEntries(_folder));
        });
        Assert.NotEqual(0, looks);
        Assert.Equal([CorePath], Directory.EnumerateFileSystemEntries(_folder));
    }

    [Fact]
    public void Zeros_are_holes()
    {
        ulong written = Write(new Pages(64 << 20, at => at == 0x10_0000 ? (byte)1 : (byte)0), 64 << 20).WrittenBytes;
        Assert.Equal(4096UL, written);
        using Process du = Process.Start(new ProcessStartInfo("du", ["-k", CorePath]) { RedirectStandardOutput = true })!;
        Assert.InRange(int.Parse(du.StandardOutput.ReadToEnd().Split('\t')[0], null), 4, 64);
        Assert.InRange(new FileInfo(CorePath).Length, 64 << 20, (64 << 20) + 0x1_0000);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_was_never_touched_is_not_read_and_the_file_is_the_same_byte_for_byte(bool shared)
    {
        const ulong size = 9 * (1 << 20) + 3 * DirtyBitmap.PageSize;
        using GuestRam ram = GuestRam.Create(size, shared);
        // Single pages, one in a row with zeros, a run over the bounds of chunks, and the last.
        byte[] content = [.. Enumerable.Range(0, 3 << 20).Select(i => (byte)(i / 7 + 1))];
        foreach ((ulong at, int length) in (ReadOnlySpan<(ulong, int)>)[(0x5000, 4096), (0x6000, 1), (0x9000, 4096), (0x30_0000 - 0x3000, 3 << 20), (size - 4096, 4096)])
            Assert.True(ram.Memory.TryWrite(new GuestAddress(at), content.AsSpan(0, length)));
        Assert.True(ram.Memory.TryWrite(new GuestAddress(0x9000), new byte[4096]));
        RamPages memory = new(ram);
        Assert.InRange(memory.Touched.Count(), 1UL, size / DirtyBitmap.PageSize - 1);

        CoredumpReport all = Write(memory, size);
        byte[] expected = File.ReadAllBytes(CorePath);
        Reads reads = new(memory);
        CoredumpReport some = Write(reads, size, memory.Touched);

        Assert.Equal(expected, File.ReadAllBytes(CorePath));
        Assert.Equal(all.WrittenBytes, some.WrittenBytes);
        Assert.Equal(memory.Touched.Words.ToArray(), reads.Pages.Words.ToArray());
    }

    [Fact]
    public void Holes_of_a_snapshots_files_are_not_read_and_a_newer_file_hides_an_older()
    {
        const ulong size = 4 << 20;
        using MemoryFolder folder = new();
        SparseFile old = folder.Open("old"), young = folder.Open("young");
        old.Empty(size);
        young.Empty(size);
        old.Write(0x1_0000, Enumerable.Repeat((byte)1, 0x8000).ToArray(), 0x8000);
        young.Write(0x20_0000, Enumerable.Repeat((byte)2, 0x1000).ToArray(), 0x1000);
        // These pages became zeros since.
        DirtyBitmap newer = new(size);
        newer.Mark(0x1_4000, 0x4000);
        newer.Mark(0x20_0000, 0x1000);
        MemoryLayers layers = new([new(old), new(young, newer)], size);
        DirtyBitmap touched = layers.Touched();
        Assert.SkipWhen(touched.IsMarked(0x30_0000), "this file system does not tell its holes");

        Write(layers, size);
        byte[] expected = File.ReadAllBytes(CorePath);
        Reads reads = new(layers);
        Write(reads, size, touched);

        Assert.Equal(expected, File.ReadAllBytes(CorePath));
        Assert.True(reads.Pages.IsMarked(0x1_0000) && reads.Pages.IsMarked(0x20_0000));
        Assert.False(reads.Pages.IsMarked(0x1_4000) || reads.Pages.IsMarked(0x30_0000));
    }

    [Fact]
    public void Memory_above_the_hole_has_its_own_segment()
    {
        MemorySlot[] slots = [new(0, 0, 0x3000, 0), new(1, 0x1_0000_0000, 0x2000, 0x3000)];
        byte[] head = CoreHeader.Build(CoreSegments.Of(slots, (_, _) => false, []), [], 0x1000);
        Segment[] segments = Segments(head);
        Assert.Equal((0x1000UL, 0UL, 0UL, 0x3000UL), (segments[1].Offset, segments[1].Virtual, segments[1].Physical, segments[1].FileSize));
        Assert.Equal((0x4000UL, 0x1_0000_0000UL, 0x1_0000_0000UL, 0x2000UL), (segments[2].Offset, segments[2].Virtual, segments[2].Physical, segments[2].FileSize));
        // crash takes a file for another kind where it is not 0.
        Assert.All(segments.Skip(1), segment => Assert.Equal(0UL, segment.Alignment));
    }

    [Fact]
    public void What_the_guests_kernel_tells_of_itself_is_found_and_kept()
    {
        const string told = "OSRELEASE=6.1.0\nPAGESIZE=4096\n";
        byte[] note = new byte[24 + told.Length];
        BinaryPrimitives.WriteUInt32LittleEndian(note, 11);
        BinaryPrimitives.WriteUInt32LittleEndian(note.AsSpan(4), (uint)told.Length);
        Encoding.ASCII.GetBytes("VMCOREINFO").CopyTo(note, 12);
        Encoding.ASCII.GetBytes(told).CopyTo(note, 24);
        _rig.Put(0xe000, note);
        Assert.True(Write().HasVmcoreInfo);
        byte[] core = File.ReadAllBytes(CorePath);
        (string name, uint type, byte[] content) = Notes(core, Segments(core)[0])[^1];
        Assert.Equal(("VMCOREINFO", 0U, told), (name, type, Encoding.ASCII.GetString(content)));
        // One that claims more than its page has is none.
        BinaryPrimitives.WriteUInt32LittleEndian(note.AsSpan(4), 5000);
        Assert.True(VmcoreInfo.Find([.. note, .. new byte[4096 - note.Length]]).IsEmpty);
    }

    [Fact]
    public void File_that_is_there_is_replaced_only_when_forced()
    {
        File.WriteAllText(CorePath, "mine");
        VmmException refused = Assert.Throws<VmmException>(() => Write());
        Assert.Equal($"there is a file '{CorePath}' already: name another, or replace it (--force)", refused.Message);
        Assert.Equal("mine", File.ReadAllText(CorePath));
        Write(force: true);
        Assert.Equal(0x7F, File.ReadAllBytes(CorePath)[0]);
        Assert.Single(Directory.EnumerateFileSystemEntries(_folder));
    }

    [Fact]
    public void File_that_came_meanwhile_is_not_replaced()
    {
        using (NewCoredump making = NewCoredump.Begin(new CoredumpRequest(CorePath)))
        {
            File.WriteAllText(CorePath, "mine");
            Assert.Throws<VmmException>(() => making.Write(_rig.Machine(), new Pages((ulong)_rig.Ram.Length, _ => 0), MemoryFileWriter.AllOf((ulong)_rig.Ram.Length)));
        }
        Assert.Equal("mine", File.ReadAllText(CorePath));
        Assert.Single(Directory.EnumerateFileSystemEntries(_folder));
    }

    [Fact]
    public void Full_disk_leaves_nothing()
    {
        using TinyMount mount = TinyMount.CreateOrSkip(256);
        string path = Path.Combine(mount.Root, "core");
        using (NewCoredump making = NewCoredump.Begin(new CoredumpRequest(path)))
            Assert.Contains("ENOSPC", Assert.Throws<VmmException>(() => making.Write(Sized(8 << 20), new Pages(8 << 20, _ => 1), MemoryFileWriter.AllOf(8 << 20))).Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(mount.Root));
    }

    [Fact]
    public void Readelf_understands_it()
    {
        Write();
        ProcessStartInfo start = new("readelf", ["-a", "-W", CorePath]) { RedirectStandardOutput = true, RedirectStandardError = true };
        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip("readelf is not installed");
            return;
        }
        using (process)
        {
            string text = process.StandardOutput.ReadToEnd();
            Assert.Equal("", process.StandardError.ReadToEnd());
            process.WaitForExit();
            Assert.Equal(0, process.ExitCode);
            Assert.Matches("Type: +CORE \\(Core file\\)", text);
            Assert.Equal(2, text.Split("NT_PRSTATUS").Length - 1);
            Assert.Matches("LOAD +0x[0-9a-f]+ 0x0+ 0x0+ 0x0*10000 0x0*10000 RWE", text);
        }
    }

    private CoredumpReport Write(bool force = false, Action? stopIfUnwanted = null)
    {
        using NewCoredump making = NewCoredump.Begin(new CoredumpRequest(CorePath, force));
        return making.Write(_rig.Machine(), new Pages((ulong)_rig.Ram.Length, at => _rig.Ram[at]), MemoryFileWriter.AllOf((ulong)_rig.Ram.Length), stopIfUnwanted);
    }

    private CoredumpReport Write(IPageSource pages, ulong size, DirtyBitmap? touched = null)
    {
        using NewCoredump making = NewCoredump.Begin(new CoredumpRequest(CorePath, Force: true));
        return making.Write(Sized(size), pages, touched ?? MemoryFileWriter.AllOf(size));
    }

    private InspectedMachine Sized(ulong size)
    {
        InspectedMachine machine = _rig.Machine();
        return new InspectedMachine(machine.State) { Config = machine.Config, Read = machine.Read, Slots = [new MemorySlot(0, 0, size, 0)], PlaceName = machine.PlaceName };
    }

    private static Segment[] Segments(byte[] core)
    {
        int table = (int)U64(core, 32);
        return [.. Enumerable.Range(0, U16(core, 56)).Select(i => table + i * 56).Select(at =>
            new Segment(U32(core, at), U64(core, at + 8), U64(core, at + 16), U64(core, at + 24), U64(core, at + 32), U64(core, at + 40), U64(core, at + 48)))];
    }

    private static (string Name, uint Type, byte[] Content)[] Notes(byte[] core, Segment segment)
    {
        List<(string, uint, byte[])> notes = [];
        int at = (int)segment.Offset;
        int end = at + (int)segment.FileSize;
        while (at < end)
        {
            (int name, int size, uint type) = ((int)U32(core, at), (int)U32(core, at + 4), U32(core, at + 8));
            int content = at + 12 + (name + 3) / 4 * 4;
            notes.Add((Encoding.ASCII.GetString(core, at + 12, name - 1), type, core[content..(content + size)]));
            at = content + (size + 3) / 4 * 4;
        }
        Assert.Equal(end, at);
        return [.. notes];
    }

    private static ushort U16(byte[] bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(at));

    private static uint U32(byte[] bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at));

    private static ulong U64(byte[] bytes, int at) => BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(at));

    private sealed record Segment(uint Type, ulong Offset, ulong Virtual, ulong Physical, ulong FileSize, ulong MemorySize, ulong Alignment);

    /// <summary>Notes which pages are read.</summary>
    private sealed class Reads(IPageSource memory) : IPageSource
    {
        public DirtyBitmap Pages { get; } = new(memory is MemoryLayers layers ? layers.Size : ((RamPages)memory).Touched.Length);

        public bool TryRead(ulong offset, Span<byte> destination)
        {
            Pages.Mark(offset, (ulong)destination.Length);
            return memory.TryRead(offset, destination);
        }
    }

    /// <summary>Memory whose bytes a function says; of 64 MiB only one byte a page is asked for.</summary>
    private sealed class Pages(ulong size, Func<int, byte> content) : IPageSource
    {
        public bool TryRead(ulong offset, Span<byte> destination)
        {
            Assert.True(offset + (ulong)destination.Length <= size);
            destination.Clear();
            int step = size > 1 << 20 ? 4096 : 1;
            for (int i = 0; i < destination.Length; i += step)
                destination[i] = content((int)offset + i);
            return true;
        }
    }

    /// <summary>What root's --force would otherwise put a file in the place of.</summary>
    [Fact]
    public void Place_that_is_no_file_is_never_replaced()
    {
        foreach (string path in (string[])["/dev/null", "/dev/zero"])
            Assert.Contains("is no file but a device", Assert.Throws<VmmException>(() => NewCoredump.Begin(new CoredumpRequest(path, Force: true))).Message, StringComparison.Ordinal);
    }
}
