using Vmm.Firmware;
using Xunit;

namespace Vmm.Tests.Kvm.Firmware;

/// <summary>Every tiny guest by name, as theory data.</summary>
internal static class GuestNames
{
    public static TheoryData<string> All => [.. FirmwareCatalog.All.Select(guest => guest.Name)];

    public static TinyGuest Guest(string name) =>
        FirmwareCatalog.Find(name) ?? throw new ArgumentException($"no guest {name}", nameof(name));
}
