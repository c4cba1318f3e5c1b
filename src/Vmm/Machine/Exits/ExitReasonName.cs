using System.Collections.Frozen;
using Vmm.Kvm.Abi;

namespace Vmm.Machine.Exits;

/// <summary>Exit reasons as users write and read them: KVM's names, lower-case, without <c>KVM_EXIT_</c>.</summary>
internal static class ExitReasonName
{
    private const string Prefix = "KVM_EXIT_";

    private static readonly FrozenDictionary<KvmExitReason, string> s_names = Enum.GetValues<KvmExitReason>()
        .ToFrozenDictionary(reason => reason, reason => reason.ToString()[Prefix.Length..].ToLowerInvariant());

    /// <summary>All of them.</summary>
    public static IEnumerable<string> All => s_names.Values.Order(StringComparer.Ordinal);

    /// <summary>A reason's name.</summary>
    public static string Of(KvmExitReason reason) => s_names.TryGetValue(reason, out string? name) ? name : $"reason {(uint)reason}";
}
