using System.Diagnostics;
using System.Text.Json;
using Vmm.Lab.Cache;

namespace Vmm.Lab.Hosts;

/// <summary>Asks <c>vmm check</c> whether this host's KVM can run a stock kernel: it runs a probe guest to find out.</summary>
public static class NativeProbe
{
    /// <summary>The property of the answer.</summary>
    public const string Property = "stock-kernel";

    /// <summary>False also when there is no vmm yet, or no answer: L1 is always right.</summary>
    public static async Task<bool> AskVmmAsync()
    {
        var vmm = Path.Combine(LabPaths.Checkout, "out", "vmm");
        if (!File.Exists(vmm) || !File.Exists("/dev/kvm"))
            return false;
        using var process = Process.Start(new ProcessStartInfo(vmm, ["check", "--output", "json"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var complaint = process.StandardError.ReadToEndAsync();
        var answer = await process.StandardOutput.ReadToEndAsync();
        await complaint;
        await process.WaitForExitAsync();
        return IsYes(answer);
    }

    /// <summary>Reads the answer.</summary>
    public static bool IsYes(string answer)
    {
        try
        {
            using var document = JsonDocument.Parse(answer);
            return document.RootElement.ValueKind == JsonValueKind.Object
                && document.RootElement.TryGetProperty(Property, out var value)
                && value.ValueKind == JsonValueKind.True;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
