using System.Text;
using System.Text.RegularExpressions;

namespace Vmm.Lab.Channel;

/// <summary>
/// Everything a session said, and a mark in it: what was expected and found lies before the mark.
/// Waiting is driven by arrival, never by polling.
/// </summary>
internal sealed class Transcript
{
    private readonly Lock _gate = new();
    private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();
    private char[] _text = new char[4096];
    private int _length, _mark;
    private bool _ended;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Append(ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            var needed = _length + _decoder.GetCharCount(bytes, flush: false);
            if (needed > _text.Length)
                Array.Resize(ref _text, Math.Max(needed, _text.Length * 2));
            _length += _decoder.GetChars(bytes, _text.AsSpan(_length), flush: false);
            Signal();
        }
    }

    public void End()
    {
        lock (_gate)
        {
            _ended = true;
            Signal();
        }
    }

    public override string ToString()
    {
        lock (_gate)
            return new string(_text, 0, _length);
    }

    /// <summary>Waits for the literal; returns the text from the mark to its end, and moves the mark there.</summary>
    public Task<string> ExpectAsync(string literal, TimeSpan timeout) => ExpectAsync(
        $"'{literal}'", timeout,
        (text, from) => text[from..].IndexOf(literal, StringComparison.Ordinal) is >= 0 and var at ? from + at + literal.Length : -1,
        lookBack: literal.Length);

    /// <summary>Waits for the pattern; returns the text from the mark to the match's end, and moves the mark there.</summary>
    public Task<string> ExpectAsync(Regex pattern, TimeSpan timeout) => ExpectAsync(
        $"/{pattern}/", timeout,
        (text, _) =>
        {
            foreach (var match in pattern.EnumerateMatches(text))
                return match.Index + match.Length;
            return -1;
        },
        lookBack: int.MaxValue);

    private delegate int Finder(ReadOnlySpan<char> text, int from);

    private async Task<string> ExpectAsync(string what, TimeSpan timeout, Finder find, int lookBack)
    {
        using var limit = new CancellationTokenSource(timeout);
        var searched = 0;
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                var text = _text.AsSpan(_mark, _length - _mark);
                var end = find(text, Math.Max(0, searched - Math.Min(searched, lookBack)));
                if (end >= 0)
                {
                    _mark += end;
                    return new string(text[..end]);
                }
                searched = text.Length;
                if (_ended)
                    throw new LabException($"the session ended before {what} came; it said:\n{Tail()}");
                changed = _changed.Task;
            }
            try
            {
                await changed.WaitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException($"{what} did not come within {timeout.TotalSeconds} s; the session said:\n{Tail()}");
            }
        }
    }

    private string Tail()
    {
        const int Shown = 8000;
        var all = ToString();
        return all.Length <= Shown ? all : "[…]" + all[^Shown..];
    }

    private void Signal()
    {
        var changed = _changed;
        _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        changed.SetResult();
    }
}
