using Vmm.Tests.Devices.Virtio.Harness;
using Xunit;

namespace Vmm.Tests.Devices.Virtio.EveryDevice;

/// <summary>Every type of virtio device there is. The columns of docs/hostile-rows.md are compared with it.</summary>
internal static class DeviceSubjects
{
    private static readonly Dictionary<string, Func<DeviceSubject>> s_makers = new()
    {
        ["blk"] = () => new BlkSubject(),
        ["rng"] = () => new RngSubject(),
        ["console"] = () => new ConsoleSubject(),
        ["vsock"] = () => new VsockSubject(),
        ["balloon"] = () => new BalloonSubject(),
        ["ports"] = () => new PortsSubject(),
        ["net"] = () => new NetSubject(),
    };

    /// <summary>The types' short names.</summary>
    public static IEnumerable<string> Names => s_makers.Keys;

    /// <summary>Every type on every transport.</summary>
    public static TheoryData<string, TransportKind> Cases
    {
        get
        {
            var data = new TheoryData<string, TransportKind>();
            foreach (string name in s_makers.Keys)
            {
                foreach (TransportKind kind in Enum.GetValues<TransportKind>())
                    data.Add(name, kind);
            }
            return data;
        }
    }

    /// <summary>Every type.</summary>
    public static TheoryData<string> Types => [.. s_makers.Keys];

    /// <summary>A new device of a type.</summary>
    public static DeviceSubject Make(string name) => s_makers[name]();
}
