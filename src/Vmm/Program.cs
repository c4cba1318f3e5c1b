namespace Vmm;

internal static class Program
{
    private static int Main(string[] args)
    {
        Console.WriteLine("vmm " + string.Join(' ', args));
        return 0;
    }
}
