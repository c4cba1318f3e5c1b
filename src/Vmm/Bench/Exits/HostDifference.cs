namespace Vmm.Bench.Exits;

/// <summary>Something that changes what exits cost, and is not the same on the hosts of two reports.</summary>
/// <param name="What">What it is; of a parameter or a mitigation, with its name.</param>
/// <param name="First">On the first; null where there is none.</param>
/// <param name="Second">On the second.</param>
internal sealed record HostDifference(string What, string? First, string? Second)
{
    /// <summary>All of two hosts. When it was measured, and by which vmm, is none.</summary>
    public static IReadOnlyList<HostDifference> Of(HostRecord first, HostRecord second) =>
    [
        .. new HostDifference[]
        {
            new("processor", first.Processor, second.Processor),
            new("microcode", first.Microcode, second.Microcode),
            new("kernel", first.Kernel, second.Kernel),
            new("KVM modules", string.Join(' ', first.KvmModules), string.Join(' ', second.KvmModules)),
            new("governor", first.Governor, second.Governor),
            new("nesting", first.Nesting, second.Nesting),
        }.Where(fact => fact.First != fact.Second),
        .. Of("KVM parameter", first.KvmParameters, second.KvmParameters),
        .. Of("mitigation", first.Mitigations, second.Mitigations),
    ];

    private static IEnumerable<HostDifference> Of(string what, IReadOnlyDictionary<string, string> first, IReadOnlyDictionary<string, string> second) =>
        first.Keys.Union(second.Keys).Order(StringComparer.Ordinal)
            .Select(name => new HostDifference($"{what} {name}", first.GetValueOrDefault(name), second.GetValueOrDefault(name)))
            .Where(fact => fact.First != fact.Second);
}
