using Vmm.Host;
using Vmm.Machine.Config;

namespace Vmm.Inspect;

/// <summary>What a request may ask: checked before a machine is held for it.</summary>
internal static class InspectRules
{
    /// <summary>The most bytes that are shown at once.</summary>
    public const int MostBytes = 16 << 10;

    /// <summary>The most instructions that are shown at once.</summary>
    public const int MostInstructions = 1000;

    /// <summary>The most addresses that are compared with KVM at once.</summary>
    public const int MostChecked = 100_000;

    /// <summary>The topic of a word.</summary>
    /// <exception cref="FormatException">There is none; the nearest is named.</exception>
    public static InspectTopic Topic(string word)
    {
        try
        {
            return Word.Parse<InspectTopic>(word);
        }
        catch (FormatException wrong)
        {
            string near = Suggestion.For(word, Enum.GetValues<InspectTopic>().Select(Word.Of));
            throw new FormatException(wrong.Message + near, wrong);
        }
    }

    /// <summary>Says what does not belong together.</summary>
    /// <exception cref="VmmException">Naming it.</exception>
    public static void Check(InspectRequest request)
    {
        string topic = Word.Of(request.Topic);
        bool needsWhere = request.Topic is InspectTopic.Memory || (request.Topic == InspectTopic.Walk && request.Check is null);
        bool takesWhere = needsWhere || request.Topic is InspectTopic.Code or InspectTopic.Queues;
        if (needsWhere && request.Where is null)
            throw Wrong($"'{topic}' needs an address, such as 0x100000, or a register's name, such as rsp");
        if (!takesWhere && request.Where is { } where)
            throw Wrong($"'{Printable.Escape(where)}': '{topic}' takes no {(request.Check is null ? "argument" : "address beside --check")}");
        Allow(request.Count is null || request.Topic is InspectTopic.Code or InspectTopic.Memory, "--count", "code and memory");
        Allow(!request.Physical || request.Topic == InspectTopic.Memory, "--physical", "memory");
        Allow(request.Check is null || request.Topic == InspectTopic.Walk, "--check", "walk");
        int most = request.Topic == InspectTopic.Code ? MostInstructions : MostBytes;
        if (request.Count is int count && (count < 1 || count > most))
            throw Wrong($"--count: {count} is none of 1 to {most}");
        if (request.Check is int check && (check < 1 || check > MostChecked))
            throw Wrong($"--check: {check} is none of 1 to {MostChecked}");
    }

    /// <summary>An error in what was asked.</summary>
    public static VmmException Wrong(string what) => new(what, ExitCodes.Usage);

    private static void Allow(bool holds, string option, string topics)
    {
        if (!holds)
            throw Wrong($"{option}: is for {topics} only");
    }
}
