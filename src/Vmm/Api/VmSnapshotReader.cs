using Vmm.Host;
using Vmm.Snapshot;

namespace Vmm.Api;

/// <summary>Reads the body of <c>vm.snapshot</c>: where to, as in Cloud Hypervisor, and how, which is ours.</summary>
internal static class VmSnapshotReader
{
    private const string Destination = "destination_url";
    private const string Parent = "parent";

    /// <summary>Reads it.</summary>
    /// <exception cref="ApiException">Naming the field that is wrong, or the place that is taken.</exception>
    public static SnapshotRequest Read(ReadOnlyMemory<byte> body)
    {
        SnapshotRequest request = ApiBody.Read(body, "vm.snapshot needs a body: { \"destination_url\": \"file:///absolute/path\" }", fields => new SnapshotRequest(FileUrl.Take(fields, Destination))
        {
            Parent = fields.Text(Parent) is string parent ? FileUrl.Path(fields, Parent, parent) : null,
            Track = fields.Flag("track"),
            Live = fields.Flag("live"),
            Replace = fields.Flag("replace"),
        });
        // While it is known which field is meant: later, they are faults of the host.
        Check(Destination, () => NewSnapshot.CheckPlace(request.Path, request.Replace));
        if (request.Parent is string before)
            Check(Parent, () => new SnapshotFolder(before).ReadManifest());
        return request;
    }

    private static void Check<T>(string field, Func<T> look)
    {
        try
        {
            look();
        }
        catch (VmmException wrong)
        {
            throw ApiException.Field(field, OptionName.AtEnd(wrong.Message, "--replace", "replace"));
        }
    }
}
