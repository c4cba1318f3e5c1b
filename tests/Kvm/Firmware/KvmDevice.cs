using Xunit;

namespace Vmm.Tests.Kvm.Firmware;

/// <summary>Asks the machine for what a test needs.</summary>
internal static class KvmDevice
{
    /// <summary>Skips the test where there is no KVM to use.</summary>
    public static void Require()
    {
        try
        {
            using FileStream device = File.Open("/dev/kvm", FileMode.Open, FileAccess.ReadWrite);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Assert.Skip($"/dev/kvm cannot be opened: {e.Message}");
        }
    }
}
