using System.Globalization;
using System.Text;

namespace Vmm.Host;

/// <summary>The host's processors by number: which of them a thread may run on.</summary>
internal static unsafe class HostProcessors
{
    private const int BitsPerWord = 64;
    private const int Words = Linux.MostProcessors / BitsPerWord;

    /// <summary>Those that the calling thread may run on: online, and allowed by whoever started it.</summary>
    /// <exception cref="HostException">The kernel does not say.</exception>
    public static IReadOnlyList<int> Allowed()
    {
        ulong* mask = stackalloc ulong[Words];
        new Span<ulong>(mask, Words).Clear();
        if (Linux.sched_getaffinity(0, Words * sizeof(ulong), mask) < 0)
            throw HostException.Last("sched_getaffinity");
        List<int> numbers = [];
        for (int i = 0; i < Linux.MostProcessors; i++)
        {
            if ((mask[i / BitsPerWord] >> (i % BitsPerWord) & 1) != 0)
                numbers.Add(i);
        }
        return numbers;
    }

    /// <summary>Keeps the calling thread on these processors.</summary>
    /// <exception cref="HostException">None of them may be used, for instance because they went offline.</exception>
    public static void KeepThisThreadOn(IReadOnlyList<int> numbers)
    {
        ulong* mask = stackalloc ulong[Words];
        new Span<ulong>(mask, Words).Clear();
        foreach (int number in numbers)
            mask[number / BitsPerWord] |= 1UL << (number % BitsPerWord);
        if (Linux.sched_setaffinity(0, Words * sizeof(ulong), mask) < 0)
            throw HostException.Last($"sched_setaffinity (processors {Text(numbers)})");
    }

    /// <summary>Numbers in ascending order as ranges: <c>0-3,6</c>.</summary>
    /// <param name="numbers">Ascending.</param>
    /// <param name="separator">Between two ranges.</param>
    public static string Text(IReadOnlyList<int> numbers, char separator = ',')
    {
        StringBuilder text = new();
        for (int i = 0; i < numbers.Count; i++)
        {
            int first = i;
            while (i + 1 < numbers.Count && numbers[i + 1] == numbers[i] + 1)
                i++;
            if (text.Length > 0)
                text.Append(separator);
            text.Append(CultureInfo.InvariantCulture, $"{numbers[first]}");
            if (i > first)
                text.Append(CultureInfo.InvariantCulture, $"-{numbers[i]}");
        }
        return text.ToString();
    }
}
