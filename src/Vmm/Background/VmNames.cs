using System.Globalization;
using Vmm.Host;
using Vmm.Machine.Config;
using Vmm.Registry;

namespace Vmm.Background;

/// <summary>Finds a name for a VM that was given none.</summary>
internal static class VmNames
{
    private const int MostTries = 10_000;

    /// <summary>Makes the VM's folder under its own name, or one that tells what it runs: <c>hello</c>, <c>hello-2</c> …</summary>
    /// <exception cref="VmmException">Its own name is taken.</exception>
    public static LockedVm Define(VmHome home, MachineConfig config, VmRecord record)
    {
        if (config.IsNamed)
            return home.Define(NetAddresses.Settle(home, config), record);
        string stem = Stem(config);
        for (int number = 1; number < MostTries; number++)
        {
            string name = number == 1 ? stem : string.Create(CultureInfo.InvariantCulture, $"{stem}-{number}");
            if (!Path.Exists(home.Folder(name).Path) && home.TryDefine(config with { Name = name }, record) is { } vm)
                return vm;
        }
        throw new VmmException($"no name is left of '{stem}-…': give one (--name)");
    }

    private static string Stem(MachineConfig config)
    {
        string name = config.Firmware ?? Path.GetFileName(config.Kernel)!;
        string clean = new([.. name.Where(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-').SkipWhile(c => !char.IsAsciiLetterOrDigit(c)).Take(40)]);
        return clean.Length > 0 ? clean : "vm";
    }
}
