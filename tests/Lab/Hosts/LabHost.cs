using Vmm.Lab.Cache;
using Vmm.Lab.Keeper;

namespace Vmm.Lab.Hosts;

/// <summary>The one entry: a place where a stock kernel can run.</summary>
public static class LabHost
{
    private static readonly SemaphoreSlim Gate = new(1);
    private static ILabHost? _host;

    /// <summary>
    /// This host, where its own KVM runs stock kernels; else L1, booted when nobody has yet. VMM_LAB=native or qemu
    /// decides without asking; <paramref name="nativeProbe"/> replaces the question put to <c>vmm check</c>.
    /// The lab stays up at least as long as this process.
    /// </summary>
    public static async Task<ILabHost> EnsureAsync(Func<Task<bool>>? nativeProbe = null, Action<string>? progress = null)
    {
        await Gate.WaitAsync();
        try
        {
            return _host ??= await MakeAsync(nativeProbe ?? NativeProbe.AskVmmAsync, progress ?? (_ => { }));
        }
        finally
        {
            Gate.Release();
        }
    }

    /// <summary>This host, whatever it can run: for tiny guests, and for measuring both lanes with one driver.</summary>
    public static async Task<ILabHost> NativeAsync()
    {
        LabPaths.Create();
        return new NativeLabHost(await Resource.ProgramAsync("agent"));
    }

    private static async Task<ILabHost> MakeAsync(Func<Task<bool>> nativeProbe, Action<string> progress)
    {
        LabPaths.Create();
        var native = Environment.GetEnvironmentVariable("VMM_LAB") switch
        {
            "native" => true,
            "qemu" => false,
            null or "" => await nativeProbe(),
            var other => throw new LabException($"VMM_LAB is '{other}'; it may be native or qemu"),
        };
        return native
            ? await NativeAsync()
            : new QemuLabHost(await KeeperLease.TakeAsync(progress));
    }
}
