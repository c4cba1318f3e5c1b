using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Vmm.Host;
using Vmm.Machine.Config;

namespace Vmm.GuestAgent;

/// <summary>
/// Speaks to QEMU's guest agent: JSON lines after a handshake that throws away whatever was on the way. The guest is not
/// trusted: its answers are bounded in size, depth and time, and its words are only shown escaped.
/// </summary>
internal sealed class AgentClient : IDisposable
{
    /// <summary>No answer is longer but that of a program's output.</summary>
    public const int LongestAnswer = 4 << 20;

    /// <summary>The agent keeps 16 MiB of each output (GUEST_EXEC_MAX_OUTPUT), which base64 makes a third longer.</summary>
    public const int LongestOutput = 48 << 20;

    /// <summary>Clears the agent's parser of half a command, and stands before its answer to the handshake.</summary>
    private const byte Sentinel = 0xff;

    private const int LongestSync = 256;

    private readonly AgentChannel _channel;
    private readonly TimeSpan _patience;

    /// <summary>Begins a conversation.</summary>
    /// <param name="socket">Connected to the port; owned.</param>
    /// <param name="patience">How long any answer may take.</param>
    public AgentClient(SafeFd socket, TimeSpan patience) => (_channel, _patience) = (new AgentChannel(socket), patience);

    /// <summary>The handshake: afterwards the next answer is the answer to the next command.</summary>
    /// <exception cref="AgentSilentException">There was none in time.</exception>
    public void Sync()
    {
        long deadline = AgentChannel.Deadline(_patience);
        long id = RandomNumberGenerator.GetInt32(int.MaxValue);
        byte[] request = [Sentinel, .. Request("guest-sync-delimited", Json(new AgentMessages.SyncArguments(id), AgentJson.Default.SyncArguments))];
        if (!_channel.TrySend(request, deadline))
            throw Silent("the handshake");
        while (_channel.TrySkipPast(Sentinel, deadline))
        {
            // Answers to handshakes of others, who have gone, may come first.
            if (_channel.TryReadLine(LongestSync, deadline, out ReadOnlyMemory<byte> line)
                && TryParse(line) is { Return: { ValueKind: JsonValueKind.Number } echo } && echo.TryGetInt64(out long value) && value == id)
            {
                return;
            }
        }
        throw Silent("the handshake");
    }

    /// <summary>Has a command done that takes no arguments.</summary>
    /// <inheritdoc cref="Execute(string, string?, int)"/>
    public JsonElement Execute(string command) => Execute(command, arguments: null);

    /// <summary>Has a command done.</summary>
    /// <inheritdoc cref="Execute(string, string?, int)"/>
    public JsonElement Execute<T>(string command, T arguments, JsonTypeInfo<T> type, int longest = LongestAnswer) =>
        Execute(command, Json(arguments, type), longest);

    /// <summary>Has a command done.</summary>
    /// <param name="command">Its name.</param>
    /// <param name="arguments">Its arguments, as JSON in one line.</param>
    /// <param name="longest">The longest answer that is taken.</param>
    /// <returns>What it returned.</returns>
    /// <exception cref="VmmException">The agent refused, did not answer, or gave no answer of the protocol.</exception>
    public JsonElement Execute(string command, string? arguments, int longest = LongestAnswer)
    {
        long deadline = AgentChannel.Deadline(_patience);
        if (!_channel.TrySend(Request(command, arguments), deadline) || Receive(command, longest, deadline) is not { } answer)
            throw Silent(command);
        return answer;
    }

    /// <summary>Has a command done that the agent answers only when it fails: a handshake after it tells that it has not.</summary>
    public void ExecuteUnanswered(string command, string arguments)
    {
        long deadline = AgentChannel.Deadline(_patience);
        byte[] sync = Request("guest-sync", Json(new AgentMessages.SyncArguments(1), AgentJson.Default.SyncArguments));
        if (!_channel.TrySend([.. Request(command, arguments), .. sync], deadline))
            throw Silent(command);
        // Either line is an answer; a guest that goes down at once gives none, and its connection need not end.
        Receive(command, LongestSync * 16, deadline);
    }

    /// <summary>What an answer of the protocol says.</summary>
    /// <exception cref="VmmException">It is something else.</exception>
    public static T Read<T>(JsonElement answer, JsonTypeInfo<T> type, string command)
        where T : class
    {
        try
        {
            return answer.Deserialize(type) ?? throw NotUnderstood(command, "null");
        }
        catch (JsonException)
        {
            throw NotUnderstood(command, answer.ToString());
        }
    }

    /// <summary>Ends the conversation, on any thread before this is disposed of: the agent is silent from now on.</summary>
    public void HangUp() => _channel.HangUp();

    /// <summary>Rests between two looks, unless the connection ends before.</summary>
    public void Rest(TimeSpan time, long deadline) => _channel.Rest(time, deadline);

    /// <inheritdoc/>
    public void Dispose() => _channel.Dispose();

    private JsonElement? Receive(string command, int longest, long deadline)
    {
        if (!_channel.TryReadLine(longest, deadline, out ReadOnlyMemory<byte> line))
            return null;
        if (TryParse(line) is not { } answer || (answer.Return is null && answer.Error is null))
            throw NotUnderstood(command, Encoding.UTF8.GetString(line.Span[..Math.Min(line.Length, LongestSync)]));
        if (answer.Error is not { } error)
            return answer.Return;
        throw new VmmException(error.Class == "CommandNotFound"
            ? $"the guest agent does not do {Printable.Escape(command)}: it does not know it, the guest's owner has forbidden it, or file systems are frozen ('vmm agent VM thaw')"
            : $"the guest agent refused {Printable.Escape(command)}: {Printable.Escape(error.Desc ?? error.Class ?? "")}");
    }

    private AgentSilentException Silent(string what) => new(_channel.HasEnded
        ? $"the connection ended before the guest agent answered {Printable.Escape(what)}"
        : $"the guest agent did not answer {Printable.Escape(what)} within {_patience.TotalSeconds:0.#} s, or with more than can be true");

    private static VmmException NotUnderstood(string command, string answer) =>
        new($"the guest agent's answer to {Printable.Escape(command)} is not of its protocol: {Printable.Escape(answer, longest: 80)}");

    private static AgentMessages.Answer? TryParse(ReadOnlyMemory<byte> line)
    {
        try
        {
            return JsonSerializer.Deserialize(line.Span, AgentJson.Default.Answer);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string Json<T>(T value, JsonTypeInfo<T> type) => JsonSerializer.Serialize(value, type);

    private static byte[] Request(string command, string? arguments) => Encoding.UTF8.GetBytes(arguments is null
        ? $$"""{"execute":"{{JsonEncodedText.Encode(command)}}"}""" + "\n"
        : $$"""{"execute":"{{JsonEncodedText.Encode(command)}}","arguments":{{arguments}}}""" + "\n");
}
