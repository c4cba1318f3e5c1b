using Vmm.Host;
using Vmm.Registry;
using Xunit;

namespace Vmm.Tests.Vmm.Registry;

public sealed class RegistryRaceTests : IDisposable
{
    private readonly TemporaryHome _there = new();

    public void Dispose() => _there.Dispose();

    private static void AtOnce(int threads, Action<int> act)
    {
        using Barrier start = new(threads);
        List<Exception> faults = [];
        Thread[] all = [.. Enumerable.Range(0, threads).Select(number => new Thread(() =>
        {
            start.SignalAndWait();
            try
            {
                act(number);
            }
            catch (Exception fault)
            {
                lock (faults)
                    faults.Add(fault);
            }
        }))];
        Array.ForEach(all, thread => thread.Start());
        Array.ForEach(all, thread => thread.Join());
        Assert.Empty(faults);
    }

    [Fact]
    public void Of_several_who_define_one_name_at_once_exactly_one_gets_it()
    {
        for (int round = 0; round < 30; round++)
        {
            string name = $"vm{round}";
            LockedVm?[] got = new LockedVm?[4];
            AtOnce(got.Length, number => got[number] = _there.Home.TryDefine(TemporaryHome.Machine(name), new VmRecord { Pid = number }));
            LockedVm vm = Assert.Single(got, one => one is not null)!;
            Assert.Equal(Array.IndexOf(got, vm), vm.Folder.ReadRecord().Pid);
            Assert.Equal(name, vm.Folder.ReadConfig().Name);
            vm.Dispose();
        }
        Assert.DoesNotContain(_there.Content, name => name.StartsWith('.'));
    }

    [Fact]
    public void Who_defines_lists_and_removes_at_once_never_touches_another_s_VM()
    {
        int owners = 0;
        AtOnce(4, number =>
        {
            for (int i = 0; i < 100; i++)
            {
                VmRecord record = new() { Pid = number, RemoveAtEnd = i % 2 == 0 };
                LockedVm? vm = _there.Home.TryDefine(TemporaryHome.Machine("web"), record);
                bool mine = vm is not null;
                try
                {
                    vm ??= _there.Home.Folder("web").Take("remove");
                }
                catch (VmmException)
                {
                    // Somebody has it, or it went just now.
                }
                if (vm is not null)
                {
                    Assert.Equal(1, Interlocked.Increment(ref owners));
                    Assert.True(vm.Folder.IsAlive);
                    if (mine)
                        Assert.Equal(record, vm.Folder.ReadRecord());
                    Interlocked.Decrement(ref owners);
                    // Some are left to be cleared away by a list, some to be taken by the next.
                    if (i % 4 != 0)
                        vm.Remove();
                    vm.Dispose();
                }
                _there.Home.All();
            }
        });
    }
}
