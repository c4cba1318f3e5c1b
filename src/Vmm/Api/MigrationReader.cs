using System.Text.Json;
using System.Text.Unicode;
using Vmm.Machine.Config;
using Vmm.Migration;
using Vmm.Migration.Transport;

namespace Vmm.Api;

/// <summary>Reads the bodies of the calls on migration.</summary>
internal static class MigrationReader
{
    /// <summary>The folder of certificates.</summary>
    public const string TlsFolder = "tls_dir";

    private const string Url = "destination_url";
    private const string ReceiverUrl = "receiver_url";
    private const int DeepestNesting = 2;
    private const int MostDowntime = 600_000;

    private static readonly JsonDocumentOptions s_strict = new() { MaxDepth = DeepestNesting, AllowDuplicateProperties = false };

    /// <summary>The body of <c>vm.send-migration</c>.</summary>
    /// <exception cref="ApiException">Naming the field that is wrong.</exception>
    public static MigrationRequest ReadSend(ReadOnlyMemory<byte> body) => Read(body, Url, fields =>
    {
        MigrationAddress address = Address(fields, Url);
        bool local = fields.Flag("local");
        MigrationOptions usual = new();
        MigrationOptions options = usual with
        {
            Mode = fields.Text("mode") switch
            {
                string other when local => throw fields.Wrong("mode", $"'{Printable.Escape(other)}' is of no use to a local migration"),
                null when local => MigrationMode.Local,
                null or "precopy" => MigrationMode.Precopy,
                "postcopy" => MigrationMode.Postcopy,
                "hybrid" => MigrationMode.Hybrid,
                string other => throw fields.Wrong("mode", $"'{Printable.Escape(other)}' is none of precopy, postcopy, hybrid"),
            },
            Downtime = Between(fields, "downtime_ms", 1, MostDowntime) is int ms ? TimeSpan.FromMilliseconds(ms) : usual.Downtime,
            Timeout = fields.SmallNumber("timeout_s") is int seconds ? TimeSpan.FromSeconds(seconds) : usual.Timeout,
            OnTimeout = fields.Text("timeout_strategy") switch
            {
                null or "cancel" => TimeoutPolicy.Cancel,
                "ignore" => TimeoutPolicy.Continue,
                "postcopy" => TimeoutPolicy.Postcopy,
                string other => throw fields.Wrong("timeout_strategy", $"'{Printable.Escape(other)}' is none of cancel, ignore, postcopy"),
            },
            Connections = Between(fields, "connections", 1, MigrationOptions.MostConnections) ?? usual.Connections,
            Bandwidth = fields.Number("bandwidth") ?? 0,
            Zstd = fields.Text("compression") switch
            {
                null or "none" => false,
                "zstd" => true,
                string other => throw fields.Wrong("compression", $"'{Printable.Escape(other)}' is none of none, zstd"),
            },
            AutoConverge = fields.Flag("auto_converge"),
            TlsFolder = fields.Text(TlsFolder),
            TlsName = fields.Text("tls_name"),
        };
        return new MigrationRequest(address.ToString(), options, fields.Flag("recover"));
    });

    /// <summary>The body of <c>vm.receive-migration</c>.</summary>
    /// <exception cref="ApiException">Naming the field that is wrong.</exception>
    /// <returns>Where, and the folder of certificates; null for connections that are not encrypted.</returns>
    public static (MigrationAddress Address, string? TlsFolder) ReadReceive(ReadOnlyMemory<byte> body) =>
        Read(body, ReceiverUrl, fields => (Address(fields, ReceiverUrl), fields.Text(TlsFolder)));

    private static T Read<T>(ReadOnlyMemory<byte> body, string needed, Func<ApiFields, T> read)
    {
        if (body.Length == 0 || !Utf8.IsValid(body.Span))
            throw new ApiException(ApiException.BadRequest, $"the call needs a body: {{ \"{needed}\": \"tcp:HOST:PORT\" }}");
        try
        {
            using JsonDocument document = JsonDocument.Parse(body, s_strict);
            ApiFields fields = new("", document.RootElement);
            T result = read(fields);
            fields.Done();
            return result;
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException)
        {
            throw ApiBody.Unreadable(wrong);
        }
    }

    private static MigrationAddress Address(ApiFields fields, string name)
    {
        string text = fields.Text(name) ?? throw fields.Wrong(name, "is needed: tcp:HOST:PORT or unix:PATH");
        try
        {
            return MigrationAddress.Parse(text) is { Descriptor: null } address ? address
                : throw fields.Wrong(name, $"'{Printable.Escape(text)}' is a descriptor, which a call cannot hand over: tcp:HOST:PORT or unix:PATH");
        }
        catch (FormatException wrong)
        {
            throw fields.Wrong(name, wrong.Message);
        }
    }

    private static int? Between(ApiFields fields, string name, int least, int most) => fields.SmallNumber(name) switch
    {
        null => null,
        int value when value >= least && value <= most => value,
        int value => throw fields.Wrong(name, $"{value} is not between {least} and {most}"),
    };
}
