using Vmm.Host;
using Vmm.Machine.Config;
using Vmm.Snapshot;

namespace Vmm.Api;

/// <summary>
/// Reads the body of <c>vm.restore</c>. As in Cloud Hypervisor the guest is held until <c>vm.resume</c>, unless <c>resume</c>
/// says otherwise; <c>memory_mode</c>, <c>trust_disks</c> and <c>track</c> are ours.
/// </summary>
/// <param name="how">What was asked.</param>
internal sealed class VmRestoreReader(RestoreSettings how)
{
    private const string Source = "source_url";
    private const string Mode = "memory_mode";

    /// <summary>What was asked.</summary>
    public RestoreSettings Settings => how;

    /// <summary>Reads it.</summary>
    /// <exception cref="ApiException">Naming the field that is wrong.</exception>
    public static VmRestoreReader Read(ReadOnlyMemory<byte> body) => ApiBody.Read(body, "vm.restore needs a body: { \"source_url\": \"file:///absolute/path\" }", fields =>
    {
        RestoreSettings how = new(FileUrl.Take(fields, Source))
        {
            Paused = !fields.Flag("resume"),
            TrustDisks = fields.Flag("trust_disks"),
            Track = fields.Flag("track"),
            Mode = ReadMode(fields),
        };
        fields.Nothing("net_fds");
        return new VmRestoreReader(how);
    });

    /// <summary>Describes the VM as the snapshot does, and opens the snapshot for it.</summary>
    /// <exception cref="ApiException">It is damaged, or nothing that can go on here.</exception>
    public (MachineConfig Config, SnapshotOrigin Origin) Open()
    {
        try
        {
            SnapshotDescription snapshot = SnapshotDescription.Read(new SnapshotFolder(how.Path));
            return (snapshot.Config, (how with { Description = snapshot }).Open(snapshot.Config));
        }
        catch (VmmException wrong)
        {
            throw ApiException.Field(Source, OptionName.AtEnd(wrong.Message, "--trust-disks", "trust_disks"));
        }
    }

    private static RestoreMode ReadMode(ApiFields fields)
    {
        bool prefault = fields.Flag("prefault");
        if (fields.Text(Mode) is not string word)
            return prefault ? RestoreMode.Eager : RestoreMode.Lazy;
        RestoreMode mode;
        try
        {
            mode = Word.Parse<RestoreMode>(word);
        }
        catch (FormatException wrong)
        {
            throw fields.Wrong(Mode, wrong.Message);
        }
        return !prefault || mode == RestoreMode.Eager ? mode : throw fields.Wrong(Mode, $"'{Word.Of(mode)}' and \"prefault\": true contradict each other; prefault is 'eager'");
    }
}
