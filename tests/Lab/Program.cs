using Vmm.Lab;
using Vmm.Lab.Cli;
using Vmm.Lab.Keeper;

// The keeper stays on this very thread, from start to end: QEMU's life is tied to it.
if (args is ["keep"])
    return KeeperProcess.Run();
try
{
    return await Commands.RunAsync(args);
}
catch (Exception failure) when (failure is LabException or TimeoutException)
{
    Console.Error.WriteLine($"lab: {failure.Message}");
    return Commands.LabFailed;
}
