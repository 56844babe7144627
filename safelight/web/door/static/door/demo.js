/** The demo link's secret part goes from the address into the form; only the button sends it. */
document.getElementById("token").value = location.hash.slice(1);
