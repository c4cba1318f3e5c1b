using Vmm.Machine.Config;

namespace Vmm.Api;

/// <summary>
/// Reads the body of <c>vm.resize</c>. vCPUs and RAM cannot be plugged into a running VM: they pass as they are. What can
/// change is the balloon.
/// </summary>
internal static class VmResizeReader
{
    private const string Balloon = "desired_balloon";

    /// <summary>Reads it.</summary>
    /// <param name="body">The body.</param>
    /// <param name="vm">The VM as it is.</param>
    /// <returns>The balloon's size; null when none is named.</returns>
    /// <exception cref="ApiException">Naming the field that is wrong.</exception>
    public static ByteSize? Read(ReadOnlyMemory<byte> body, MachineConfig vm)
    {
        ByteSize? size = ApiBody.Read(body, "vm.resize needs a body: { \"desired_balloon\": BYTES }", fields =>
        {
            CheckSame(fields, "desired_vcpus", (ulong)(vm.Cpus.Count ?? 1));
            CheckSame(fields, "desired_ram", vm.Memory.Size.Bytes);
            return fields.Number(Balloon) is ulong bytes ? new ByteSize(bytes) : (ByteSize?)null;
        });
        if (size is { } wanted)
            CheckBalloon(wanted, vm);
        return size;
    }

    private static void CheckSame(ApiFields fields, string name, ulong there)
    {
        if (fields.Number(name) is ulong wanted && wanted != there)
            throw fields.Wrong(name, $"{wanted} is not what the VM has ({there}), and vmm cannot change that while it runs");
    }

    private static void CheckBalloon(ByteSize size, MachineConfig vm)
    {
        if (vm.Balloon is null)
            throw ApiException.Field(Balloon, "the VM has no balloon; create it with one (balloon: { \"size\": 0 })");
        if (BalloonRules.Fault(size, vm.Memory.Size) is { } fault)
            throw ApiException.Field(Balloon, fault);
    }
}
