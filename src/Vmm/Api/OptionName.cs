namespace Vmm.Api;

/// <summary>Reasons that were written for the command line, for who calls the API.</summary>
internal static class OptionName
{
    /// <summary>Names the field where a reason ends with the option that would help: <c>… (--replace)</c>. What stands before is not touched: it holds names of the user's.</summary>
    public static string AtEnd(string reason, string option, string field) =>
        reason.EndsWith($"({option})", StringComparison.Ordinal) ? $"{reason[..^(option.Length + 2)]}({field})" : reason;
}
