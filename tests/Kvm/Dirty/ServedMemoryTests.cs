using Vmm.Guest.Memory;
using Vmm.Host;
using Vmm.Machine;
using Vmm.Snapshot.Memory;
using Vmm.Tests.Kvm.Vcpu;
using Xunit;

namespace Vmm.Tests.Kvm.Dirty;

/// <summary>A real guest whose page faults this process serves: KVM's are told as our own are.</summary>
public sealed class ServedMemoryTests
{
    private const ulong Page = DirtyBitmap.PageSize;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    [Fact]
    public void Guest_that_writes_all_the_time_is_saved_as_it_was_when_it_was_held()
    {
        using RealModeMachine guest = new(DirtyLogTests.WritePages, vcpus: 2);
        using PageNumbers numbers = new() { IsStorm = true };
        guest.Ports.TryAdd(0x10, 1, numbers);
        guest.Machine.Start();
        string path = Path.GetTempFileName();
        using SafeFd fd = SafeFd.Own(Linux.open(path, Linux.O_RDWR | Linux.O_CLOEXEC, 0), "open");
        for (int round = 0; round < 3; round++)
        {
            numbers.WaitForStorm();
            guest.Machine.Pause();
            byte[] expected = new byte[guest.Ram.Length];
            Assert.True(guest.Ram.Memory.TryRead(GuestAddress.Zero, expected));
            using LiveSave save = new(guest.Ram, new SparseFile(fd, path));
            guest.Machine.Resume();
            numbers.WaitForStorm();
            MemoryFileSums sums = save.Save();
            Assert.True(save.Faults > 0);
            Assert.Equal(expected, File.ReadAllBytes(path));
            MemoryFileVerifier.Verify(new SparseFile(fd, path), guest.Ram.Length, sums.ToBytes());
        }
        File.Delete(path);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Guest_runs_from_a_file_before_its_memory_is_there(bool onDemand)
    {
        string path = Path.GetTempFileName();
        byte[] content = new byte[MemoryLayout.MinimumRam];
        DirtyLogTests.WritePages.CopyTo(content, 0);
        for (int page = 1; page < 256; page++)
            content[page * (int)Page] = (byte)page;
        File.WriteAllBytes(path, content);
        using SafeFd fd = SafeFd.Own(Linux.open(path, Linux.O_RDONLY | Linux.O_CLOEXEC, 0), "open");
        MemoryLayers layers = new([new MemoryLayer(new SparseFile(fd, path))], (ulong)content.Length);
        GuestRam ram = onDemand ? GuestRam.Create(layers.Size) : RamLoader.Map(layers);
        using PageServer? server = onDemand ? new PageServer(ram, layers, fault => Environment.FailFast("pages", fault)) : null;
        using (RealModeMachine guest = new([], ram: ram))
        {
            using PageNumbers numbers = new();
            guest.Ports.TryAdd(0x10, 1, numbers);
            guest.Machine.Start();
            numbers.Write(7, 9, 7, 200);
            byte[] found = new byte[1];
            foreach ((int page, int expected) in ((int, int)[])[(7, 9), (9, 10), (200, 201), (8, 8)])
            {
                Assert.True(ram.Memory.TryRead(new GuestAddress((ulong)page * Page), found));
                Assert.Equal(expected, found[0]);
            }
            if (server is not null)
            {
                Assert.True(server.Faults >= 5);
                server.Fill();
                Assert.True(server.Completed.WaitOne(s_patience));
                Assert.True(server.IsComplete);
            }
            numbers.Write(8);
            Assert.Equal(8, File.ReadAllBytes(path)[8 * (int)Page]);
        }
        File.Delete(path);
    }
}
