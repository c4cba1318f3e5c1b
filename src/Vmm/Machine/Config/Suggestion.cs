namespace Vmm.Machine.Config;

/// <summary>Finds the word that was probably meant.</summary>
internal static class Suggestion
{
    private const int MostEdits = 2;
    private const int LongestWord = 40;

    /// <summary><c>; did you mean 'readonly'?</c>, or nothing when no word is near.</summary>
    public static string For(string typed, IEnumerable<string> words)
    {
        if (typed.Length is 0 or > LongestWord)
            return "";
        string? best = null;
        int fewest = Math.Min(MostEdits, typed.Length - 1) + 1;
        foreach (string word in words)
        {
            int edits = Distance(typed, word);
            if (edits < fewest)
                (best, fewest) = (word, edits);
        }
        return best is null ? "" : $"; did you mean '{best}'?";
    }

    /// <summary>Optimal string alignment distance: insertions, deletions, replacements, and neighbours swapped.</summary>
    private static int Distance(string one, string other)
    {
        int[,] cost = new int[one.Length + 1, other.Length + 1];
        for (int i = 0; i <= one.Length; i++)
            cost[i, 0] = i;
        for (int j = 0; j <= other.Length; j++)
            cost[0, j] = j;
        for (int i = 1; i <= one.Length; i++)
        {
            for (int j = 1; j <= other.Length; j++)
            {
                int replace = cost[i - 1, j - 1] + (one[i - 1] == other[j - 1] ? 0 : 1);
                cost[i, j] = Math.Min(replace, 1 + Math.Min(cost[i - 1, j], cost[i, j - 1]));
                if (i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1])
                    cost[i, j] = Math.Min(cost[i, j], cost[i - 2, j - 2] + 1);
            }
        }
        return cost[one.Length, other.Length];
    }
}
