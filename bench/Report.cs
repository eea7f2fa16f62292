using System.Globalization;

namespace Toolgate.Bench;

/// <summary>Prints rows of a Markdown table: what was measured next to what was aimed at.</summary>
internal static class Report
{
    public static void Title(string text) => Console.WriteLine($"\n### {text}\n\n| measured | value | aim |\n|---|---|---|");

    public static void Row(string what, string value, string aim = "") => Console.WriteLine($"| {what} | {value} | {aim} |");

    public static string Ms(double microseconds) => (microseconds / 1000).ToString("0.000", CultureInfo.InvariantCulture) + " ms";

    public static string Number(double value) => value.ToString(value < 10 ? "0.00" : "#,0", CultureInfo.InvariantCulture);
}
